"""Real mail servers on loopback ports, from Debian's packages: they take mail and deliver it nowhere.

They start as root and change to users of their own. These are made up by nss_wrapper, so that nothing of the
machine is changed; what OpenSMTPD keeps in places that are compiled in is in a mount namespace of its own.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.management.serving.supervisor import spawn
from tests.services import debian, node
from tests.services.ports import free_port
from tests.services.waiting import wait_until

PACKAGES = {
    "postfix": "postfix",
    "exim": "exim4-daemon-light",
    "opensmtpd": "opensmtpd",
    "chasquid": "chasquid",
}
NOT_ROOT = "mail servers are started by root alone"
_CONFIG = Path(__file__).with_name("config")
_HARAKA = node.CHECKERS.with_name("haraka")
_WRAPPER = "libnss-wrapper"
_USERS = {"postfix": 702, "postdrop": 703, "Debian-exim": 701, "opensmtpd": 704, "opensmtpq": 705}


def provide() -> Mapping[str, str]:
    """Unpack them; for each fixture why it cannot be had, or nothing."""
    if os.geteuid() != 0:
        return dict.fromkeys(PACKAGES, NOT_ROOT)
    without_users = debian.unpack(_WRAPPER)
    missing = {name: without_users or debian.unpack(package) for name, package in PACKAGES.items()}
    if not missing["opensmtpd"] and subprocess.call(
        ("unshare", "--mount", "true"), stderr=subprocess.DEVNULL
    ):
        missing["opensmtpd"] = "no mount namespace for OpenSMTPD"
    return missing


def provide_haraka() -> str:
    """Install what tests/haraka/package-lock.json pins; why not, in one line, or nothing."""
    return node.provide(_HARAKA, "the mail server Haraka")


@dataclass(frozen=True)
class MailServer:
    """A server on a loopback port; `log` is the file that it writes, `taken` what a mail leaves there."""

    port: int
    log: Path
    taken: re.Pattern[str]

    def recipients(self) -> list[str]:
        """Whom it took mails for, so far."""
        return self.taken.findall(self.log.read_text(errors="replace")) if self.log.exists() else []

    @property
    def mbox(self) -> Path:
        """What Postfix delivered to readers at mbox.example."""
        return self.log.with_name("mbox")


@contextmanager
def postfix(*settings: str) -> Iterator[MailServer]:
    """Postfix with these lines in main.cf; it discards what it takes, but for what is in its `mbox`. `dead@…`
    does not exist."""
    with _home("postfix") as home:
        package, port = debian.home_of("postfix"), free_port()
        for name in _POSTFIX_QUEUES.split():
            (home / "queue" / name).mkdir(parents=True)
            shutil.chown(home / "queue" / name, _USERS["postfix"])
        for name in ("public", "maildrop"):
            shutil.chown(home / "queue" / name, group=_USERS["postdrop"])
        (home / "data").mkdir()
        (home / "mbox").touch()
        for name in ("data", "mbox"):
            shutil.chown(home / name, _USERS["postfix"])
        owner = _USERS["postfix"]
        _configure("postfix-main.cf", home / "main.cf", settings, home=home, package=package, owner=owner)
        _configure("postfix-master.cf", home / "master.cf", port=port)
        master = str(package / "usr/lib/postfix/sbin/master")
        taken = re.compile(r"postfix/(?:discard|virtual)\[\d+\]: \w+: to=<([^>]+)>")
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
        _configure("exim.conf", home / "conf", settings, home=home, port=port)
        command = (str(debian.home_of(PACKAGES["exim"]) / "usr/sbin/exim4"), "-C", str(home / "conf"), "-bdf")
        with _running(command, PACKAGES["exim"], home, port):
            yield MailServer(port, home / "log-main", re.compile(r" <= .* for (\S+)$", re.MULTILINE))


@contextmanager
def opensmtpd(*settings: str) -> Iterator[MailServer]:
    """OpenSMTPD with these settings; it queues what it takes for a server that there is not."""
    with _home("opensmtpd") as home:
        port = free_port()
        _configure("opensmtpd.conf", home / "conf", settings, port=port)
        smtpd = debian.home_of("opensmtpd") / "usr/sbin/smtpd"
        hidden = "for d in /var/lib /var/spool /run; do mount -t tmpfs -o mode=755 tmpfs $d; done"
        made = "mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd && chmod 711 /var/spool/smtpd"
        script = f"{hidden} && {made} && exec {smtpd} -d -f {home / 'conf'}"
        with _running(("unshare", "--mount", "sh", "-c", script), "opensmtpd", home, port):
            taken = re.compile(r"smtp envelope .* to=<([^>]+)>")
            yield MailServer(port, home / "output", taken)


@contextmanager
def chasquid(certificate: tuple[str, str]) -> Iterator[MailServer]:
    """chasquid, which does not start without a certificate; it gives what it takes to /bin/true."""
    with _home("chasquid") as home:
        port = free_port()
        certificates, domain = home / "certs" / "mail.example", home / "domains" / "readers.example"
        certificates.mkdir(parents=True)
        shutil.copy(certificate[0], certificates / "fullchain.pem")
        shutil.copy(certificate[1], certificates / "privkey.pem")
        domain.mkdir(parents=True)
        (domain / "aliases").write_text("*: |/bin/true\n")
        _configure("chasquid.conf", home / "chasquid.conf", home=home, port=port)
        program = str(debian.home_of("chasquid") / "usr/bin/chasquid")
        with _running((program, f"-config_dir={home}"), "chasquid", home, port):
            taken = re.compile(r" queued .* to=\[([^\]]+)\]")
            yield MailServer(port, home / "log", taken)


@contextmanager
def haraka() -> Iterator[MailServer]:
    """Haraka, from npm; it forgets what it takes."""
    with _home("haraka") as home:
        port = free_port()
        for part in ("config", "plugins"):
            shutil.copytree(_HARAKA / part, home / part)
        (home / "config" / "smtp.ini").write_text(f"listen=127.0.0.1:{port}\n")
        package = _HARAKA / "node_modules" / "Haraka"
        shutil.copy(package / "config" / "connection.ini", home / "config")  # without it there is no greeting
        with _running(
            (str(node.NODE), str(package / "bin" / "haraka"), "-c", str(home)),
            "haraka",
            home,
            port,
            users=False,
        ):
            yield MailServer(port, home / "output", re.compile(r"taken <([^>]+)>"))


def _configure(name: str, to: Path, settings: Sequence[str] = (), **values: object) -> None:
    text = (_CONFIG / name).read_text()
    to.write_text(text.format(settings="\n".join(settings), **values))


@contextmanager
def _home(name: str) -> Iterator[Path]:
    """A directory that the users of a server can read, whatever the umask of this process is."""
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as home:
            Path(home).chmod(0o755)
            yield Path(home)
    finally:
        os.umask(before)


@contextmanager
def _running(
    command: tuple[str, ...], package: str, home: Path, port: int, *, users: bool = True
) -> Iterator[None]:
    """The server until it is no longer needed; what it prints goes to `output`. Some need made-up `users`."""
    output = home / "output"
    environment = os.environ | (_with_users(package, home) if users else {})
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


def _with_users(package: str, home: Path) -> Mapping[str, str]:
    """The environment of an unpacked server, in which its users exist."""
    users = "".join(
        f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n" for name, number in _USERS.items()
    )
    groups = "".join(f"{name}:x:{number}:\n" for name, number in _USERS.items())
    (home / "passwd").write_text(Path("/etc/passwd").read_text() + users)
    (home / "group").write_text(Path("/etc/group").read_text() + groups)
    wrapper = next((debian.home_of(_WRAPPER) / "usr" / "lib").glob("*/libnss_wrapper.so"))
    return {
        "LD_PRELOAD": str(wrapper),
        "LD_LIBRARY_PATH": debian.libraries(package),
        "NSS_WRAPPER_PASSWD": str(home / "passwd"),
        "NSS_WRAPPER_GROUP": str(home / "group"),
    }


def _listens(port: int) -> bool:
    """Whether something listens on this port, without a connection that would be in its log."""
    listening = f"0100007F:{port:04X} 00000000:0000 0A"
    return listening in Path("/proc/net/tcp").read_text()


_POSTFIX_QUEUES = (
    "active bounce corrupt defer deferred flush hold incoming maildrop pid private public saved trace"
)
