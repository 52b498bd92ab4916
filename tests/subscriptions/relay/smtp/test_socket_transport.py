"""Bytes on a socket, encrypted or not: whether end of data may have left when a connection breaks."""

import contextlib
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from subscriptions.relay import Completed, Mail, Ready
from subscriptions.relay.smtp.handshake import ClientConfig
from subscriptions.relay.smtp.protocol import Session
from subscriptions.relay.smtp.socket_transport import Connection

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

CONTENT = b"Subject: Two papers\r\n\r\nText\r\n"


def mail(number: int) -> Mail:
    return Mail(number, CONTENT, "digest@digest.test", f"reader{number}@readers.test")


class Wire(socket.socket):
    """A socket that takes so many bytes and no more, and then breaks when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = deque[bytes]()
        self.sent = b""
        self.room = 10_000
        self.broken = False

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        if self.broken:
            raise ConnectionResetError("reset")
        if not self.room:
            raise BlockingIOError
        taken = bytes(data)[: self.room]
        self.sent += taken
        self.room -= len(taken)
        return len(taken)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        return self.heard.popleft()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as wire:
        yield wire


def ready_on(wire: Wire) -> Connection:
    """A connection on which the relay has mail 1, but for end of data."""
    connection = Connection(wire, Session(ClientConfig("me.test")), "relay.test", timeout=5)
    wire.heard.extend([b"220 hi\r\n", b"250-hi\r\n250 PIPELINING\r\n", b"250 a\r\n250 b\r\n354 go on\r\n"])
    connection.session.offer(mail(1))
    while wire.heard:
        connection.receive()
        connection.flush()
    assert wire.sent.endswith(CONTENT)
    return connection


class TlsWire(Wire):
    """The same with a TLS server at its other end."""

    def __init__(self, certificate: tuple[str, str]) -> None:
        super().__init__()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        taken = super().send(data)
        self._in.write(self.sent[-taken:])
        return taken

    def answer(self, reply: bytes = b"") -> None:
        """Send a reply, or go on with the handshake."""
        with contextlib.suppress(ssl.SSLWantReadError):
            if reply:
                self._tls.write(reply)
            else:
                self._tls.do_handshake()
        self.heard.append(self._out.read())


def ended(connection: Connection) -> dict[int, str]:
    """What became of the mails when the connection broke."""
    settled = (event for event in connection.session.events if isinstance(event, Completed))
    return {event.key: event.outcome.verdict.value for event in settled}


def test_end_of_data_that_left_is_unknown(wire: Wire) -> None:
    connection = ready_on(wire)
    connection.session.finish()
    connection.flush()
    assert wire.sent.endswith(b"\r\n.\r\n")
    wire.heard.append(b"")
    connection.receive()
    assert ended(connection) == {1: "unknown"}


@pytest.mark.parametrize("bytes_sent", [1, 2])
def test_end_of_data_that_left_in_part_is_unknown(wire: Wire, bytes_sent: int) -> None:
    connection = ready_on(wire)
    connection.session.finish()
    wire.room = bytes_sent
    connection.flush()
    assert connection.sending
    wire.broken = True
    connection.flush()
    assert ended(connection) == {1: "unknown"}


@pytest.mark.parametrize("waited", [False, True])
def test_end_of_data_that_did_not_leave_is_safe_to_repeat_and_never_leaves(
    wire: Wire, *, waited: bool
) -> None:
    connection = ready_on(wire)
    wire.room = 0
    connection.session.finish()
    if waited:  # for room
        connection.flush()
    wire.broken = True
    connection.flush()
    wire.broken, wire.room = False, 10_000
    connection.close()
    assert ended(connection) == {1: "deferred"}
    assert wire.sent.endswith(CONTENT)


@pytest.mark.parametrize(("bytes_sent", "verdict"), [(0, "deferred"), (1, "unknown")])
def test_over_tls_too_end_of_data_is_safe_to_repeat_unless_a_byte_of_it_left(
    certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch, bytes_sent: int, verdict: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    with TlsWire(certificate) as wire:
        connection = Connection(wire, Session(ClientConfig("me.test")), "127.0.0.1", timeout=5)
        connection.encrypt()
        connection.session.offer(mail(1))
        replies = b"220 hi\r\n", b"250-hi\r\n250 PIPELINING\r\n", b"250 a\r\n250 b\r\n354 go on\r\n"
        for reply in (b"", b"", *replies):
            connection.flush()
            wire.answer(reply)
            connection.receive()
        connection.flush()
        assert Ready(1) in connection.session.events
        wire.room = bytes_sent
        connection.session.finish()
        connection.flush()
        wire.broken = True
        connection.flush()
        assert ended(connection) == {1: verdict}


@pytest.mark.parametrize("silent", [False, True])
def test_end_of_data_that_waits_behind_the_body_did_not_leave_where_the_relay_ends_or_is_silent(
    wire: Wire, *, silent: bool
) -> None:
    connection = ready_on(wire)
    wire.room = 0
    connection.session.finish()
    connection.flush()
    if silent:
        connection.expire(time.monotonic() + 10)
    else:
        wire.heard.append(b"")
        connection.receive()
    assert ended(connection) == {1: "deferred"}
