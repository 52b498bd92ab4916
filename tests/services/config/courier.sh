# The settings of the package, but for what asks the DNS; everybody may relay.
set -ea
. {root}/etc/courier/esmtpd
BOFHCHECKDNS=0
RELAYCLIENT=
mount --bind /dev {root}/dev
mount --bind /usr {root}/system
mount --bind {package} {root}/package
LD_LIBRARY_PATH=/package/usr/lib:{libraries}
exec /usr/sbin/chroot {root} /usr/sbin/couriertcpd -user=$MAILUSER -group=$MAILGROUP -address=127.0.0.1 \
    -maxprocs=$MAXDAEMONS -maxperc=$MAXPERC -maxperip=$MAXPERIP -noidentlookup -nodnslookup \
    {port} /usr/sbin/courieresmtpd
