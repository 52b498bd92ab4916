"""Real mail servers on loopback ports, from Debian's packages: they take mail and deliver it nowhere.

They start as root and change to users of their own. These are made up by nss_wrapper, so that nothing of the
machine is changed; what OpenSMTPD and Courier want in certain places is in a mount namespace of its own.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.services import debian, node
from tests.services.ports import free_port
from tests.services.started_servers import USERS, WRAPPER, configure, running, server_home

PACKAGES = {
    "postfix": "postfix",
    "exim": "exim4-daemon-light",
    "opensmtpd": "opensmtpd",
    "chasquid": "chasquid",
    "sendmail": "sendmail-bin",
    "courier": "courier-mta",
}
NOT_ROOT = "mail servers are started by root alone"
_IN_NAMESPACE = {"opensmtpd", "courier"}
_HARAKA = node.CHECKERS.with_name("haraka")
_POSTFIX_QUEUES = (
    "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"
)


def provide(*names: str) -> Mapping[str, str]:
    """Unpack these of PACKAGES; for each fixture why it cannot be had, or nothing."""
    return {name: _missing(name) for name in names}


def _missing(name: str) -> str:
    if os.geteuid() != 0:
        return NOT_ROOT
    if why := debian.unpack(WRAPPER) or debian.unpack(PACKAGES[name]):
        return why
    if name == "sendmail":
        return debian.unpack("m4")
    if name in _IN_NAMESPACE and subprocess.call(("unshare", "--mount", "true"), stderr=subprocess.DEVNULL):
        return "no mount namespace for OpenSMTPD and Courier"
    return ""


def provide_haraka() -> str:
    """Install what tests/haraka/package-lock.json pins; why not, in one line, or nothing."""
    return node.provide(_HARAKA, "the mail server Haraka")


@dataclass(frozen=True)
class MailServer:
    """A server on a loopback port; `log` is a file or its queue, `taken` what a mail leaves there."""

    port: int
    log: Path
    taken: re.Pattern[str]

    def recipients(self) -> list[str]:
        """Whom it took mails for, so far."""
        files = [self.log, *self.log.rglob("*")]
        texts = [file.read_text(errors="replace") for file in files if file.is_file()]
        return self.taken.findall("\n".join(texts))

    @property
    def mbox(self) -> Path:
        """What Postfix delivered to readers at mbox.example."""
        return self.log.with_name("mbox")


@contextmanager
def postfix(*settings: str) -> Iterator[MailServer]:
    """Postfix with these lines in main.cf; it discards what it takes, but for what is in its `mbox`. `dead@…`
    does not exist."""
    with server_home("postfix") as home:
        package, port = debian.home_of("postfix"), free_port()
        for name in _POSTFIX_QUEUES.split():
            (home / "queue" / name).mkdir(parents=True)
            shutil.chown(home / "queue" / name, USERS["postfix"])
        for name in ("public", "maildrop"):
            shutil.chown(home / "queue" / name, group=USERS["postdrop"])
        (home / "data").mkdir()
        (home / "mbox").touch()
        for name in ("data", "mbox"):
            shutil.chown(home / name, USERS["postfix"])
        owner = USERS["postfix"]
        configure("postfix-main.cf", home / "main.cf", settings, home=home, package=package, owner=owner)
        configure("postfix-master.cf", home / "master.cf", port=port)
        master = str(package / "usr/lib/postfix/sbin/master")
        taken = re.compile(r"postfix/(?:discard|virtual)\[\d+\]: \w+: to=<([^>]+)>")
        with running((master, "-c", str(home), "-d"), "postfix", home, port):
            yield MailServer(port, home / "log", taken)


@contextmanager
def exim(*settings: str) -> Iterator[MailServer]:
    """Exim with these settings; it queues what it takes. `dead@…` and `prohibited@…` are refused."""
    with server_home("exim") as home:
        (home / "spool").mkdir()
        shutil.chown(home, USERS["Debian-exim"])
        shutil.chown(home / "spool", USERS["Debian-exim"])
        port = free_port()
        configure("exim.conf", home / "conf", settings, home=home, port=port)
        command = (str(debian.home_of(PACKAGES["exim"]) / "usr/sbin/exim4"), "-C", str(home / "conf"), "-bdf")
        with running(command, PACKAGES["exim"], home, port):
            yield MailServer(port, home / "log-main", re.compile(r" <= .* for (\S+)$", re.MULTILINE))


@contextmanager
def opensmtpd(*settings: str) -> Iterator[MailServer]:
    """OpenSMTPD with these settings; it queues what it takes for a server that there is not."""
    with server_home("opensmtpd") as home:
        port = free_port()
        configure("opensmtpd.conf", home / "conf", settings, port=port)
        smtpd = debian.home_of("opensmtpd") / "usr/sbin/smtpd"
        hidden = "for d in /var/lib /var/spool /run; do mount -t tmpfs -o mode=755 tmpfs $d; done"
        made = "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd && chmod 711 /var/spool/smtpd"
        script = f"{hidden} && {made} && exec {smtpd} -d -f {home / 'conf'}"
        with running(("unshare", "--mount", "sh", "-c", script), "opensmtpd", home, port):
            taken = re.compile(r"smtp envelope .* to=<([^>]+)>")
            yield MailServer(port, home / "output", taken)


@contextmanager
def chasquid(certificate: tuple[str, str]) -> Iterator[MailServer]:
    """chasquid, which does not start without a certificate; it gives what it takes to /bin/true."""
    with server_home("chasquid") as home:
        port = free_port()
        certificates, domain = home / "certs" / "mail.example", home / "domains" / "readers.example"
        certificates.mkdir(parents=True)
        shutil.copy(certificate[0], certificates / "fullchain.pem")
        shutil.copy(certificate[1], certificates / "privkey.pem")
        domain.mkdir(parents=True)
        (domain / "aliases").write_text("*: |/bin/true\n")
        configure("chasquid.conf", home / "chasquid.conf", home=home, port=port)
        program = str(debian.home_of("chasquid") / "usr/bin/chasquid")
        with running((program, f"-config_dir={home}"), "chasquid", home, port):
            taken = re.compile(r" queued .* to=\[([^\]]+)\]")
            yield MailServer(port, home / "log", taken)


@contextmanager
def haraka() -> Iterator[MailServer]:
    """Haraka, from npm; it forgets what it takes."""
    with server_home("haraka") as home:
        port = free_port()
        for part in ("config", "plugins"):
            shutil.copytree(_HARAKA / part, home / part)
        (home / "config" / "smtp.ini").write_text(f"listen=127.0.0.1:{port}\n")
        package = _HARAKA / "node_modules" / "Haraka"
        shutil.copy(package / "config" / "connection.ini", home / "config")  # without it there is no greeting
        with running(
            (str(node.NODE), str(package / "bin" / "haraka"), "-c", str(home)),
            "haraka",
            home,
            port,
            users=False,
        ):
            yield MailServer(port, home / "output", re.compile(r"taken <([^>]+)>"))


@contextmanager
def sendmail() -> Iterator[MailServer]:
    """sendmail with the rules of its package; it queues what it takes. `dead@…` does not exist."""
    with server_home("sendmail") as home:
        port, package, m4 = free_port(), debian.home_of(PACKAGES["sendmail"]), debian.home_of("m4")
        program, rules = package / "usr/libexec/sendmail/sendmail", package / "usr/share/sendmail/cf"
        program.chmod(0o755)  # to set its group is to ignore LD_LIBRARY_PATH
        (home / "queue").mkdir()
        (home / "switch").write_text("hosts\tfiles\naliases\tfiles\n")
        (home / "hosts").write_text("127.0.0.1 mail.example\n")
        configure("sendmail.mc", home / "mc", home=home, port=port)
        expand = (m4 / "usr/bin/m4", f"-D_CF_DIR_={rules}/", rules / "m4/cf.m4", home / "mc")
        with (home / "cf").open("w") as file:
            libraries = os.environ | {"LD_LIBRARY_PATH": debian.libraries("m4")}
            subprocess.run(expand, stdout=file, stderr=subprocess.DEVNULL, env=libraries, check=True)
        command = (str(program), "-C", str(home / "cf"), "-bD")
        # It waits for a minute if its host has a name without a dot.
        name, hosts = "mail.example", str(home / "hosts")
        with running(
            command, PACKAGES["sendmail"], home, port, NSS_WRAPPER_HOSTNAME=name, NSS_WRAPPER_HOSTS=hosts
        ):
            yield MailServer(port, home / "queue", re.compile(r"^RPFD:<([^>]+)>", re.MULTILINE))


@contextmanager
def courier() -> Iterator[MailServer]:
    """Courier's SMTP server without its queue manager, in a root of its own; it queues what it takes."""
    with server_home("courier") as home:
        port, package, root = free_port(), debian.home_of(PACKAGES["courier"]), home / "root"
        for name in ("dev", "system", "package", "usr/lib"):
            (root / name).mkdir(parents=True)
        for name in ("etc/courier", "var/lib/courier"):
            shutil.copytree(package / name, root / name)
        for name, line in _COURIER.items():
            (root / "etc" / name).write_text(line + "\n")
        for path in (root / "var/lib/courier").rglob("*"):
            shutil.chown(path, USERS["courier"], USERS["courier"])
        for name in ("lib", "lib64"):  # where programs seek their loader, which seeks the libraries
            (root / name).symlink_to(f"system/{name}")
        (root / "usr/lib/courier").symlink_to("/package/usr/lib/courier")
        (root / "usr/sbin").symlink_to("/package/usr/sbin")
        inside = debian.libraries(PACKAGES["courier"]).replace(str(package), "/package")
        configure("courier.sh", home / "sh", root=root, package=package, port=port, libraries=inside)
        command = ("unshare", "--mount", "sh", str(home / "sh"))
        with running(command, PACKAGES["courier"], home, port, users=False):
            yield MailServer(port, root / "var/lib/courier", re.compile(r"^r(\S+@\S+)$", re.MULTILINE))


_COURIER = {
    "passwd": f"courier:x:{USERS['courier']}:{USERS['courier']}::/nonexistent:/bin/false",
    "group": f"courier:x:{USERS['courier']}:",
    "courier/me": "mail.example",
    "courier/defaultdomain": "mail.example",
    "courier/locals": "localhost",
    "courier/esmtpacceptmailfor": "readers.example",
}
