"""An SMTP server that takes every mail and keeps none: Postfix's `smtp-sink`, or the one below.

`python -m tests.bench.sending.sink PORT` runs the one below.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.sending.tools import Tools
from tests.services.ports import free_port

_END = b"\r\n.\r\n"


@dataclass(frozen=True)
class Sink:
    """Where it listens, and what it is."""

    port: int
    name: str

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"


@contextlib.contextmanager
def running_sink(tools: Tools) -> Iterator[Sink]:
    """Run a sink on a loopback port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.sending.sink", str(port)]
    if tools.sink:
        as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [tools.sink, *as_nobody, f"127.0.0.1:{port}", "512"]
    server = subprocess.Popen(
        command, env=os.environ | tools.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, port)
        yield Sink(port, "Postfix's smtp-sink" if tools.sink else "our own sink (no smtp-sink here)")
    finally:
        server.terminate()
        server.wait(10)


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("the sink did not start")


class Session(asyncio.Protocol):
    """One connection: answers each command of what came, which may be several at once (RFC 2920)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting, self.in_data = b"", False
        transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while self._next():
            pass

    def _next(self) -> bool:
        """Take one command or message off what waits, if it is whole."""
        if self.in_data:
            end = self.waiting.find(_END)
            if end < 0:
                return False
            self.waiting, self.in_data = self.waiting[end + len(_END) :], False
            self.transport.write(b"250 2.0.0 Ok\r\n")
            return True
        line, ended, rest = self.waiting.partition(b"\r\n")
        if not ended:
            return False
        self.waiting = rest
        self._answer(line[:4].upper())
        return True

    def _answer(self, verb: bytes) -> None:
        match verb:
            case b"EHLO":
                self.transport.write(b"250-sink.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            case b"DATA":
                # The line end before a dot that ends an empty message is the one of DATA.
                self.waiting, self.in_data = b"\r\n" + self.waiting, True
                self.transport.write(b"354 End data with <CR><LF>.<CR><LF>\r\n")
            case b"QUIT":
                self.transport.write(b"221 2.0.0 Bye\r\n")
                self.transport.close()
            case _:
                self.transport.write(b"250 2.0.0 Ok\r\n")


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
