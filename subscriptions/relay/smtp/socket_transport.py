"""A session on a socket: sends and receives its bytes, encrypted or not, and never blocks."""

import socket
import ssl
import time
from collections import deque

from subscriptions.lib.failpoints import reach
from subscriptions.relay.smtp.mail_transaction import END_OF_DATA
from subscriptions.relay.smtp.protocol import Session

_CHUNK = 65_536
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Connection:
    """One connection to a relay. `timeout` is how long, in seconds, it may owe us a reply."""

    def __init__(self, opened: socket.socket, session: Session, host: str, timeout: float) -> None:
        opened.setblocking(False)
        # End of data is a small packet behind a large one: Nagle's algorithm would delay it.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.session = session
        self.socket = opened
        self._host = host
        self._timeout = timeout
        self._tls: _Tls | None = None
        self._unsent: deque[bytes | memoryview] = deque()
        self._bytes_queued = self._bytes_sent = 0  # of `_unsent`, since the connection began
        self._end_of_data_at = 0  # `_bytes_queued` before the chunk that the last end of data is in
        self._received_at = time.monotonic()

    @property
    def sending(self) -> bool:
        """Whether bytes wait for space in the socket's buffer."""
        return bool(self._unsent)

    @property
    def deadline(self) -> float:
        """When a reply that is owed comes too late, by the monotonic clock."""
        return self._received_at + self._timeout

    def encrypt(self) -> None:
        """Begin TLS; the session's bytes follow the handshake."""
        self._tls = _Tls(self._host)
        self._queue(self._tls.outgoing())

    def flush(self) -> None:
        """Send the session's bytes, as far as the socket takes them."""
        session = self.session
        if session.outgoing:
            self._received_at = time.monotonic()  # from here on a reply is owed
            parts, session.outgoing = session.outgoing, []
            if END_OF_DATA in parts:
                self._end_of_data_at = self._bytes_queued
            data = parts[0] if len(parts) == 1 else b"".join(parts)
            self._queue(data if self._tls is None else self._tls.encrypted(data))
        try:
            while self._unsent:
                first = self._unsent[0]
                sent = self.socket.send(first)
                self._bytes_sent += sent
                if sent < len(first):
                    self._unsent[0] = memoryview(first)[sent:]
                else:
                    self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(_text(error))
            return
        if session.steps:
            steps, session.steps = session.steps, []
            for step in steps:
                reach(step)

    def receive(self) -> None:
        """Give the session what has arrived."""
        try:
            data = self.socket.recv(_CHUNK)
            if _QUICKACK is not None:
                # A server that writes the replies to pipelined commands one by one waits, by Nagle's
                # algorithm, for our acknowledgement of the first, which would be delayed by 40 ms.
                self.socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            if data:
                self._received_at = time.monotonic()
                self._read(data)
            else:
                self._lose("connection closed by the relay")
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, ssl.CertificateError) as error:  # SSLError is an OSError
            self._lose(_text(error))

    def _read(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._tls.decrypted(data)
            self._queue(self._tls.outgoing())
        if data:
            self.session.receive(data)
        if self.session.wants_tls:
            self.encrypt()
            self.session.tls_started()

    def expire(self, now: float) -> None:
        """Give the connection up if a reply has been owed for too long."""
        if now >= self.deadline:
            self._lose(f"no reply within {self._timeout:g} seconds")

    def _queue(self, data: bytes) -> None:
        if data:
            self._unsent.append(data)
            self._bytes_queued += len(data)

    def _lose(self, why: str) -> None:
        """Give the connection up: end of data left this machine if any byte of its chunk did."""
        self._unsent.clear()
        self.session.connection_lost(why, end_of_data_left=self._bytes_sent > self._end_of_data_at)

    def close(self) -> None:
        """Send what is left, if the socket takes it at once, and close the connection."""
        self.flush()
        self.socket.close()


class _Tls:
    """TLS as bytes to bytes; application data waits for the end of the handshake."""

    def __init__(self, host: str) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = ssl.create_default_context().wrap_bio(self._in, self._out, server_hostname=host)
        self._early: list[bytes] = []  # what the session sent before the handshake ended
        self._established = False
        self._handshake()

    def outgoing(self) -> bytes:
        return self._out.read()

    def encrypted(self, data: bytes) -> bytes:
        if not self._established:
            self._early.append(data)
            return b""
        self._tls.write(data)
        return self.outgoing()

    def decrypted(self, data: bytes) -> bytes:
        self._in.write(data)
        if not self._established:
            self._handshake()
        parts = []
        try:
            while self._established and (part := self._tls.read(_CHUNK)):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self._established = True
        for data in self._early:
            self._tls.write(data)
        self._early.clear()


def _text(error: Exception) -> str:
    return str(error) or type(error).__name__
