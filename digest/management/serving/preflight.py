"""What must hold before `manage.py serve` starts.

A writable directory, no other instance on it, a free port, a broker that does not evict tasks.
"""

import contextlib
import errno
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from digest import broker

_ORPHAN_SECONDS = 100


class CannotServe(Exception):
    """The service cannot start; the message is one line for the operator."""


def prepare_directories(data_dir: Path, socket_dir: Path) -> None:
    """Make the directories that the programs write in; raise CannotServe where that is refused."""
    try:
        for directory in (data_dir / "run", data_dir / "log", data_dir / "valkey", socket_dir):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(directory, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
    except OSError as error:
        raise CannotServe(
            f"Cannot write to {error.filename} ({error.strerror}): set DATA_DIR to a directory that you own."
        ) from error
    if socket_dir.stat().st_uid != os.getuid():  # in a shared temporary directory, made by somebody first
        raise CannotServe(f"{socket_dir} belongs to another user: set DATA_DIR to a shorter path.")


@contextlib.contextmanager
def exclusive(data_dir: Path) -> Iterator[IO[str]]:
    """Lock `data_dir` for this process alone; yield the lock that its programs are to inherit.

    Two locks, since programs can outlive a `serve` that was killed: while another `serve` holds the
    first, CannotServe is raised; while only the second is held, the end of those programs is waited for.
    """
    with (
        (data_dir / "run" / "lock").open("a+") as own,
        (data_dir / "run" / "programs.lock").open("a+") as theirs,
    ):
        if not _locked(own):
            own.seek(0)
            raise CannotServe(
                f"Already running on {data_dir} (process {own.read().strip() or 'unknown'}): "
                "stop it first, or set DATA_DIR to another directory."
            )
        own.truncate(0)
        own.write(f"{os.getpid()}\n")
        own.flush()
        if not _locked(theirs):
            _wait_for_orphans(theirs, data_dir / "run" / "supervisord.pid")
        yield theirs


def _wait_for_orphans(lock: IO[str], supervisor_pid: Path) -> None:
    with contextlib.suppress(OSError, ValueError):  # only Linux tells it of its parent's death
        os.kill(int(supervisor_pid.read_text()), signal.SIGTERM)
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while not _locked(lock):
        if time.monotonic() > deadline:
            raise CannotServe(
                f"The programs of the last run do not end: see the process in {supervisor_pid}."
            )
        time.sleep(0.1)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def require_no_eviction(url: str) -> None:
    """Raise CannotServe if the Redis server at `url` may drop tasks when its memory is full."""
    if evicts := broker.eviction(url):
        raise CannotServe(evicts)


def free_address(host: str, port: int) -> str:
    """The numeric address of `host`, IPv4 first, once it is sure that `port` is free there."""
    if not 0 < port < 65536:
        raise CannotServe(f"There is no port {port}: set PORT to a number from 1 to 65535.")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CannotServe(_refusal(error, host, port)) from error
    return str(address[0])


def _refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: set PORT to another one."
    if error.errno == errno.EACCES:
        return f"Port {port} needs more rights: set PORT to 1024 or above."
    return f"Cannot listen on {host} ({error.strerror}): set HOST to an address of this machine."
