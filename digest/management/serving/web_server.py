"""The web server: waitress, with a deadline for every request and room for everybody.

    python -m digest.management.serving.web_server HOST PORT

A connection costs no thread until its whole request is there: one that sends nothing, or drips, takes a place
and no more. Its deadline is not put off by what drips, and when all places are taken, the connection that has
kept the server waiting longest makes room. So new visitors, and health checks, are always answered.
"""

import contextlib
import resource
import signal
import socket
import sys
import threading
import time
from types import FrameType
from typing import Any, NoReturn

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer

from digest.wsgi import application

THREADS = 8
MOST_CONNECTIONS = 1_000
LARGEST_HEADER = 100_000  # octets: filters that are shared or tried out stand in the address
LARGEST_BODY = 1_000_000  # octets: a library of 500 papers with their abstracts
IN_MEMORY = (
    300_000  # of a body: five queries of the greatest length, or a logo; longer ones are spooled to disk
)

# Seconds that the server waits: for a header on a new connection; for another on one that was answered, which
# proxies keep for a minute; for a client to take some of its answer; for one that was refused to hear of it.
HEADER, NEXT_HEADER, PROGRESS, REFUSAL = 10, 75, 60, 20
SLOWEST = 2_000  # octets of a body a second: what has come extends the deadline by so much


class Channel(HTTPChannel):
    """One connection, and since when the server has waited for its client."""

    requests: list[HTTPRequestParser]  # of these the stubs know less
    requests_lock: threading.Lock

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waits_since = self.creation_time
        self._patience = HEADER
        self._refused = self._lingers = self._pipelined = False

    def overdue(self, now: float) -> bool:
        """Whether the client has kept the server waiting for too long."""
        if self.requests:  # it waits for us
            return False
        if self._lingers:
            return now > self.waits_since + REFUSAL
        if self.total_outbufs_len:
            return bool(now > self.last_activity + PROGRESS)
        come = self.request.body_bytes_received if self.request else 0
        return bool(now > self.waits_since + self._patience + come / SLOWEST)

    def service(self) -> None:
        """Answer one request; then it is the client's turn, or the end where others were dropped."""
        super().service()
        self.waits_since, self._patience = time.time(), NEXT_HEADER
        if self._pipelined:
            self.close_when_flushed = True
            self.server.pull_trigger()

    def received(self, data: bytes) -> bool:
        """Take in what came; a request that is too large, or no HTTP, is refused while more of it comes.

        Of requests that come together only the first is answered (RFC 9112, 9.3.2, permits that): if the
        client read nothing, the answers to hundreds would pile up until the thread waits for it, for ever.
        """
        taken = bool(super().received(data))
        self._refused = self._refused or any(request.error for request in self.requests)
        with self.requests_lock:
            if self.requests[1:]:
                del self.requests[1:]
                self._pipelined = True
        return taken

    def readable(self) -> bool:
        return self._lingers or bool(super().readable())

    def handle_read(self) -> None:
        if self._lingers:
            self.recv(self.adj.recv_bytes)  # thrown away; at the end of it the connection is closed
        else:
            super().handle_read()

    def handle_close(self) -> None:
        """Close, but after a refusal read on for a while: a reset could overtake the answer."""
        if self._refused and not self._lingers and self.connected:
            self._lingers, self.will_close, self.waits_since = True, False, time.time()
            assert self.socket
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        else:
            super().handle_close()


class WebServer(TcpWSGIServer):
    """Waitress with these connections."""

    channel_class = Channel
    active_channels: dict[int, Channel]  # type: ignore[assignment]  # the stubs say: a single one

    def bind_server_socket(self) -> None:
        """Bind; to all addresses means those of IPv4 too."""
        if self.family == socket.AF_INET6:
            assert self.socket
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().bind_server_socket()

    def handle_accept(self) -> None:
        """Take a connection; if there are too many, one makes room."""
        super().handle_accept()
        if len(self.active_channels) > MOST_CONNECTIONS:
            waited_for = [channel for channel in self.active_channels.values() if not channel.requests]
            if waited_for:
                HTTPChannel.handle_close(min(waited_for, key=lambda channel: channel.waits_since))

    def maintenance(self, now: float) -> None:
        """Close the connections whose clients kept the server waiting for too long; called each second."""
        for channel in list(self.active_channels.values()):
            if channel.overdue(now):
                HTTPChannel.handle_close(channel)


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests in progress are finished, for 5 seconds at most."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 200
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # where it is refused there is room for fewer
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard < 0 else min(wanted, hard), hard))
    server = WebServer(
        application,
        listen=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        threads=THREADS,
        connection_limit=MOST_CONNECTIONS + 100,  # never reached
        asyncore_use_poll=True,  # select() sees no more than 1,024
        asyncore_loop_timeout=1,
        cleanup_interval=1,
        max_request_header_size=LARGEST_HEADER,
        max_request_body_size=LARGEST_BODY,
        inbuf_overflow=IN_MEMORY,
        clear_untrusted_proxy_headers=False,  # digest/web/limits/throttling.py decides whose are believed
        ident=None,
    )
    signal.signal(signal.SIGTERM, _end)
    server.run()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
