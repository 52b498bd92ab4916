"""A session on a socket: carries its bytes, encrypted or not, and never waits."""

import socket
import ssl
import time
from collections import deque

from subscriptions.lib.failpoints import reach
from subscriptions.relay.protocol import DOT, Session

_CHUNK = 65_536


class Connection:
    """One connection to a relay. `timeout` is how long, in seconds, it may owe us an answer."""

    def __init__(self, opened: socket.socket, session: Session, host: str, timeout: float) -> None:
        opened.setblocking(False)
        # The final dot is a small packet behind a large one: Nagle's rule would hold it back.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.session = session
        self.socket = opened
        self._host = host
        self._timeout = timeout
        self._tls: _Tls | None = None
        self._unsent: deque[bytes | memoryview] = deque()
        self._dot: bytes | None = None  # what the last final dot is in, in the clear
        self._heard_at = time.monotonic()

    @property
    def sending(self) -> bool:
        """Whether bytes wait for room in the socket."""
        return bool(self._unsent)

    @property
    def deadline(self) -> float:
        """When the relay is given up, by the monotonic clock, while it owes something and says nothing."""
        return self._heard_at + self._timeout

    def encrypt(self) -> None:
        """Begin TLS; the session's bytes follow it."""
        self._tls = _Tls(self._host)
        self._unsent.extend(self._tls.outgoing())

    def flush(self) -> None:
        """Send what the session has to say, as far as the socket takes it."""
        session = self.session
        if session.outgoing:
            self._heard_at = time.monotonic()  # from here on it owes an answer
            said, session.outgoing = session.outgoing, []
            data = said[0] if len(said) == 1 else b"".join(said)
            if self._tls is None:
                self._unsent.append(data)
                if DOT in said:
                    self._dot = data
            else:
                self._unsent.extend(self._tls.encrypted(data))
        try:
            while self._unsent:
                first = self._unsent[0]
                sent = self.socket.send(first)
                if sent < len(first):
                    self._unsent[0] = memoryview(first)[sent:]
                else:
                    self._unsent.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lose(_why(error))
            return
        if session.steps:
            steps, session.steps = session.steps, []
            for step in steps:
                reach(step)

    def receive(self) -> None:
        """Take what has arrived to the session."""
        try:
            data = self.socket.recv(_CHUNK)
            if data:
                self._heard_at = time.monotonic()
                self._read(data)
            else:
                self._lose("the relay hung up")
        except (BlockingIOError, InterruptedError):
            return
        except (OSError, ssl.CertificateError) as error:  # SSLError is an OSError
            self._lose(_why(error))

    def _read(self, data: bytes) -> None:
        if self._tls is not None:
            data = self._tls.decrypted(data)
            self._unsent.extend(self._tls.outgoing())
        if data:
            self.session.receive(data)
        if self.session.wants_tls:
            self.encrypt()
            self.session.secured()

    def expire(self, now: float) -> None:
        """Give the relay up if it has owed its answer for too long."""
        if now >= self.deadline:
            self._lose(f"no answer for {self._timeout:g} seconds")

    def _lose(self, why: str) -> None:
        """Give the connection up. A dot that is wholly unsent did not leave.

        Begun or encrypted, nobody can say where it is.
        """
        kept = self._tls is None and any(chunk is self._dot for chunk in self._unsent)
        self._unsent.clear()
        self.session.lose(why, dot_left=not kept)

    def close(self) -> None:
        """Say what is left to say, if the socket takes it at once, and hang up."""
        self.flush()
        self.socket.close()


class _Tls:
    """TLS as bytes to bytes. Both directions wait for the end of the handshake."""

    def __init__(self, host: str) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = ssl.create_default_context().wrap_bio(self._in, self._out, server_hostname=host)
        self._early: list[bytes] = []  # what the session said before the handshake ended
        self._ready = False
        self._shake()

    def outgoing(self) -> list[bytes]:
        data = self._out.read()
        return [data] if data else []

    def encrypted(self, data: bytes) -> list[bytes]:
        if not self._ready:
            self._early.append(data)
            return []
        self._tls.write(data)
        return self.outgoing()

    def decrypted(self, data: bytes) -> bytes:
        self._in.write(data)
        if not self._ready:
            self._shake()
        parts = []
        try:
            while self._ready and (part := self._tls.read(_CHUNK)):
                parts.append(part)
        except ssl.SSLWantReadError:
            pass
        return b"".join(parts)

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        self._ready = True
        for data in self._early:
            self._tls.write(data)
        self._early.clear()


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
