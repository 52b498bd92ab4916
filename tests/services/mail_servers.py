"""Real mail servers on loopback ports, from Debian's packages: they take mail and deliver it nowhere.

They start as root and change to users of their own. These are made up by nss_wrapper, so that nothing of the
machine is changed; what OpenSMTPD keeps in places that are compiled in is in a mount namespace of its own.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.management.serving.supervisor import spawn
from tests.services import debian
from tests.services.ports import free_port
from tests.services.waiting import wait_until

PACKAGES = {"postfix": "postfix", "exim": "exim4-daemon-light", "opensmtpd": "opensmtpd"}
_WRAPPER = "libnss-wrapper"
_USERS = {"postfix": 702, "postdrop": 703, "Debian-exim": 701, "opensmtpd": 704, "opensmtpq": 705}


def provide() -> Mapping[str, str]:
    """Unpack them; for each fixture why it cannot be had, or nothing."""
    if os.geteuid() != 0:
        return dict.fromkeys(PACKAGES, "mail servers are started by root alone")
    without_users = debian.unpack(_WRAPPER)
    missing = {name: without_users or debian.unpack(package) for name, package in PACKAGES.items()}
    if not missing["opensmtpd"] and subprocess.call(
        ("unshare", "--mount", "true"), stderr=subprocess.DEVNULL
    ):
        missing["opensmtpd"] = "no mount namespace for OpenSMTPD"
    return missing


@dataclass(frozen=True)
class MailServer:
    """A server on a loopback port; `log` is the file that it writes, `taken` what a mail leaves there."""

    port: int
    log: Path
    taken: re.Pattern[str]

    def recipients(self) -> list[str]:
        """Whom it took mails for, so far."""
        return self.taken.findall(self.log.read_text(errors="replace")) if self.log.exists() else []


@contextmanager
def postfix(*settings: str) -> Iterator[MailServer]:
    """Postfix with these lines in main.cf; it discards what it takes. `dead@…` does not exist."""
    with _home("postfix") as home:
        package, port = debian.home_of("postfix"), free_port()
        for name in _POSTFIX_QUEUES.split():
            (home / "queue" / name).mkdir(parents=True)
            shutil.chown(home / "queue" / name, _USERS["postfix"])
        for name in ("public", "maildrop"):
            shutil.chown(home / "queue" / name, group=_USERS["postdrop"])
        (home / "data").mkdir()
        shutil.chown(home / "data", _USERS["postfix"])
        main = _POSTFIX_MAIN.format(home=home, package=package)
        (home / "main.cf").write_text("\n".join([main, *settings, ""]))
        (home / "master.cf").write_text(_POSTFIX_MASTER.format(port=port))
        master = str(package / "usr/lib/postfix/sbin/master")
        taken = re.compile(r"postfix/discard\[\d+\]: \w+: to=<([^>]+)>")
        with _running((master, "-c", str(home), "-d"), "postfix", home, port):
            yield MailServer(port, home / "log", taken)


@contextmanager
def exim(*settings: str) -> Iterator[MailServer]:
    """Exim with these settings; it queues what it takes. `dead@…` and `prohibited@…` are refused."""
    with _home("exim") as home:
        (home / "spool").mkdir()
        shutil.chown(home, _USERS["Debian-exim"])
        shutil.chown(home / "spool", _USERS["Debian-exim"])
        port = free_port()
        (home / "conf").write_text(_EXIM.format(home=home, port=port, settings="\n".join(settings)))
        command = (str(debian.home_of(PACKAGES["exim"]) / "usr/sbin/exim4"), "-C", str(home / "conf"), "-bdf")
        with _running(command, PACKAGES["exim"], home, port):
            yield MailServer(port, home / "log-main", re.compile(r" <= .* for (\S+)$", re.MULTILINE))


@contextmanager
def opensmtpd(*settings: str) -> Iterator[MailServer]:
    """OpenSMTPD with these settings; it queues what it takes for a server that there is not."""
    with _home("opensmtpd") as home:
        port = free_port()
        (home / "conf").write_text(_OPENSMTPD.format(port=port, settings="\n".join(settings)))
        smtpd = debian.home_of("opensmtpd") / "usr/sbin/smtpd"
        hidden = "for d in /var/lib /var/spool /run; do mount -t tmpfs -o mode=755 tmpfs $d; done"
        made = "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd && chmod 711 /var/spool/smtpd"
        script = f"{hidden} && {made} && exec {smtpd} -d -f {home / 'conf'}"
        with _running(("unshare", "--mount", "sh", "-c", script), "opensmtpd", home, port):
            taken = re.compile(r"smtp envelope .* to=<([^>]+)>")
            yield MailServer(port, home / "output", taken)


@contextmanager
def _home(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        yield Path(home)


@contextmanager
def _running(command: tuple[str, ...], package: str, home: Path, port: int) -> Iterator[None]:
    """The server until it is no longer needed; what it prints goes to `output`."""
    users = "".join(
        f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n" for name, number in _USERS.items()
    )
    groups = "".join(f"{name}:x:{number}:\n" for name, number in _USERS.items())
    (home / "passwd").write_text(Path("/etc/passwd").read_text() + users)
    (home / "group").write_text(Path("/etc/group").read_text() + groups)
    wrapper = next((debian.home_of(_WRAPPER) / "usr" / "lib").glob("*/libnss_wrapper.so"))
    environment = os.environ | {
        "LD_PRELOAD": str(wrapper),
        "LD_LIBRARY_PATH": debian.libraries(package),
        "NSS_WRAPPER_PASSWD": str(home / "passwd"),
        "NSS_WRAPPER_GROUP": str(home / "group"),
    }
    output = home / "output"
    with output.open("ab") as file:
        server = spawn(command, stdout=file, stderr=file, env=environment, cwd=home)
    try:
        wait_until(lambda: _listens(port) or server.poll() is not None, 20, what=f"{package} listens")
        if server.poll() is not None:
            pytest.fail(f"{package} did not start: {output.read_text(errors='replace')}")
        yield
    finally:
        server.terminate()
        server.wait(20)


def _listens(port: int) -> bool:
    """Whether something listens on this port, without a connection that would be in its log."""
    listening = f"0100007F:{port:04X} 00000000:0000 0A"
    return listening in Path("/proc/net/tcp").read_text()


_POSTFIX_QUEUES = (
    "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"
)
_POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = {package}/usr/sbin
daemon_directory = {package}/usr/lib/postfix/sbin
meta_directory = {package}/usr/share/postfix
shlib_directory = no
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
local_recipient_maps =
default_transport = discard
alias_maps =
alias_database =
smtpd_relay_restrictions =
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ dead@ = 550 No such user }} }}, permit_mynetworks, reject
smtpd_peername_lookup = no
maillog_file = {home}/log
maillog_file_prefixes = {home}
import_environment = LD_PRELOAD LD_LIBRARY_PATH NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP MAIL_CONFIG TZ
"""
_POSTFIX_MASTER = """
{port}   inet       n - n -     - smtpd
cleanup  unix       n - n -     0 cleanup
qmgr     unix       n - n 300   1 qmgr
rewrite  unix       - - n -     - trivial-rewrite
bounce   unix       - - n -     0 bounce
defer    unix       - - n -     0 bounce
trace    unix       - - n -     0 bounce
flush    unix       n - n 1000? 0 flush
proxymap unix       - - n -     - proxymap
error    unix       - - n -     - error
retry    unix       - - n -     - error
discard  unix       - - n -     - discard
anvil    unix       - - n -     1 anvil
postlog  unix-dgram n - n -     1 postlogd
"""
_EXIM = """
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {home}/spool
log_file_path = {home}/log-%s
log_selector = +received_recipients
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
primary_hostname = mail.example
tls_advertise_hosts =
queue_only = true
host_lookup =
acl_smtp_rcpt = recipients
{settings}
begin acl
recipients:
  deny local_parts = dead
       message = Unrouteable address
  deny local_parts = prohibited
  accept
begin routers
begin transports
"""
_OPENSMTPD = """
listen on 127.0.0.1 port {port}
{settings}
action "keep" relay host smtp://127.0.0.1:9
match from any for any action "keep"
"""
