"""Starts a mail server in a directory of its own, with its users made up by nss_wrapper if it needs any."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.management.serving.supervisor import spawn
from tests.services import debian
from tests.services.waiting import wait_until

USERS = {
    "postfix": 702,
    "postdrop": 703,
    "Debian-exim": 701,
    "opensmtpd": 704,
    "opensmtpq": 705,
    "courier": 706,
}
WRAPPER = "libnss-wrapper"
_CONFIG = Path(__file__).with_name("config")


def configure(name: str, to: Path, settings: Sequence[str] = (), **values: object) -> None:
    text = (_CONFIG / name).read_text()
    to.write_text(text.format(settings="\n".join(settings), **values))


@contextmanager
def server_home(name: str) -> Iterator[Path]:
    """A directory that the users of a server can read, whatever the umask of this process is."""
    before = os.umask(0o022)
    try:
        with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as home:
            Path(home).chmod(0o755)
            yield Path(home)
    finally:
        os.umask(before)


@contextmanager
def running(
    command: tuple[str, ...], package: str, home: Path, port: int, *, users: bool = True, **environment: str
) -> Iterator[None]:
    """The server until it is no longer needed; what it prints goes to `output`. Some need made-up `users`."""
    output = home / "output"
    all_of_it = os.environ | (_with_users(package, home) if users else {}) | environment
    with output.open("ab") as file:
        server = spawn(command, stdout=file, stderr=file, env=all_of_it, cwd=home)
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
        f"{name}:x:{number}:{number}::/nonexistent:/bin/false\n" for name, number in USERS.items()
    )
    groups = "".join(f"{name}:x:{number}:\n" for name, number in USERS.items())
    (home / "passwd").write_text(Path("/etc/passwd").read_text() + users)
    (home / "group").write_text(Path("/etc/group").read_text() + groups)
    wrapper = next((debian.home_of(WRAPPER) / "usr" / "lib").glob("*/libnss_wrapper.so"))
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
