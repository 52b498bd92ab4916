"""What each reply of a relay means, on a real SMTP server and on one that fails at a chosen step."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from subscriptions.relay import (
    Cause,
    Mail,
    MessageRefused,
    Outcome,
    Relay,
    RelayUnavailable,
    SmtpRelay,
    Verdict,
    send_one,
)
from tests.services.smtp import SmtpServer, smtp_server_with_tls

SENDER, READER = "digest@digest.test", "ada@readers.test"
MESSAGE = b"Subject: Two papers\r\n\r\n.a line with a dot\r\n..two\r\nend\r\n"


@contextmanager
def relay_at(port: int, connections: int = 1, timeout: float = 5, **config: object) -> Iterator[SmtpRelay]:
    relay = SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port} | config, connections, timeout)
    try:
        yield relay
    finally:
        relay.close()


def hand_over(relay: Relay, content: bytes = MESSAGE, recipient: str = READER) -> Outcome:
    """Hand over one mail; raises the error of an outcome that is not about the reader."""
    completed = send_one(relay, Mail(1, content, SENDER, recipient))
    if completed.error is not None:
        raise completed.error
    return completed.outcome


def test_a_message_arrives_byte_for_byte_over_one_connection(smtp_server: SmtpServer) -> None:
    with relay_at(smtp_server.port) as relay:
        outcomes = [hand_over(relay) for _ in range(3)]
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 3
    assert [mail.content for mail in smtp_server.mails] == [MESSAGE] * 3
    assert (smtp_server.mails[0].sender, smtp_server.mails[0].recipients) == (SENDER, (READER,))


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("550 5.1.1 no such user", Verdict.REFUSED),
        ("451 4.3.0 try later", Verdict.DEFERRED),
        ("552 5.2.2 mailbox full", Verdict.DEFERRED),
    ],
)
def test_an_answer_about_the_reader_concerns_that_reader_only(
    smtp_server: SmtpServer, answer: str, verdict: Verdict
) -> None:
    smtp_server.refuse[READER] = answer
    with relay_at(smtp_server.port) as relay:
        refused = hand_over(relay)
        assert (refused.verdict, refused.answer) == (verdict, f"RCPT TO rejected: {answer}")
        assert hand_over(relay, recipient="bela@readers.test").verdict == Verdict.ACCEPTED


@pytest.mark.parametrize("answer", ["550 5.7.515 authenticate your domain", "550 Access denied"])
def test_after_a_refusal_of_one_mail_the_next_goes_out(smtp_server: SmtpServer, answer: str) -> None:
    smtp_server.refuse[READER] = answer
    with relay_at(smtp_server.port) as relay:
        assert hand_over(relay).verdict in {Verdict.REFUSED, Verdict.DEFERRED}
        assert hand_over(relay, recipient="bela@readers.test").verdict == Verdict.ACCEPTED


@pytest.mark.parametrize("answer", ["530 5.7.0 authenticate first", "421 4.3.2 closing"])
def test_a_refusal_of_the_connection_is_not_about_the_message(smtp_server: SmtpServer, answer: str) -> None:
    smtp_server.refuse[READER] = answer
    with relay_at(smtp_server.port) as relay, pytest.raises(RelayUnavailable) as refused:
        hand_over(relay)
    assert not isinstance(refused.value, MessageRefused)


def test_an_address_that_would_begin_another_command_is_not_said(smtp_server: SmtpServer) -> None:
    with relay_at(smtp_server.port) as relay:
        outcome = hand_over(relay, recipient="ada@readers.test>\r\nRCPT TO:<bela@readers.test")
    assert (outcome.verdict, "control characters" in outcome.answer) == (Verdict.DEFERRED, True)
    assert smtp_server.mails == []


TLS = pytest.mark.parametrize(
    ("option", "way"), [("EMAIL_USE_SSL", "ssl_context"), ("EMAIL_USE_TLS", "tls_context")]
)


@TLS
def test_a_relay_whose_certificate_proves_nothing_gets_no_mail(
    option: str, way: str, certificate: tuple[str, str]
) -> None:
    with (
        smtp_server_with_tls(certificate, way) as server,
        relay_at(server.port, **{option: True}) as relay,
        pytest.raises(RelayUnavailable, match="certificate verify failed"),
    ):
        hand_over(relay)
    assert server.mails == []


@TLS
def test_mails_go_encrypted_to_a_relay_that_proves_who_it_is(
    option: str, way: str, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    long = MESSAGE + b"x" * 70 + b"\r\n" * 100_000
    with smtp_server_with_tls(certificate, way) as server, relay_at(server.port, **{option: True}) as relay:
        assert [hand_over(relay, content).verdict for content in (MESSAGE, long)] == ["accepted"] * 2
    assert [mail.content for mail in server.mails] == [MESSAGE, long]


def test_a_relay_that_offers_no_starttls_gets_no_mail(smtp_server: SmtpServer) -> None:
    with (
        relay_at(smtp_server.port, EMAIL_USE_TLS=True) as relay,
        pytest.raises(RelayUnavailable, match="STARTTLS is required"),
    ):
        hand_over(relay)


@pytest.mark.parametrize("way", ["PLAIN", "LOGIN"])
def test_a_relay_that_wants_to_know_us_is_told(
    way: str, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])
    told: list[Any] = []

    def know(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
        told.append((mechanism, data.login, data.password))
        right = data.password == b"s3cret \xc3\xa9"
        return AuthResult(success=right, handled=right)

    options = {
        "authenticator": know,
        "auth_required": True,
        "auth_exclude_mechanism": ["LOGIN" if way == "PLAIN" else "PLAIN"],
    }
    access: dict[str, Any] = {"EMAIL_USE_TLS": True, "EMAIL_HOST_USER": "digest"}
    with smtp_server_with_tls(certificate, "tls_context", **options) as server:
        with relay_at(server.port, **access, EMAIL_HOST_PASSWORD="s3cret é") as relay:
            assert hand_over(relay).verdict == Verdict.ACCEPTED
        with (
            relay_at(server.port, **access, EMAIL_HOST_PASSWORD="wrong") as relay,
            pytest.raises(RelayUnavailable, match="535"),
        ):
            hand_over(relay)
    assert told == [(way, b"digest", b"s3cret \xc3\xa9"), (way, b"digest", b"wrong")]


def test_a_policy_refusal_is_about_us(smtp_server: SmtpServer) -> None:
    smtp_server.refuse[READER] = "550 5.7.515 authenticate your domain"
    with relay_at(smtp_server.port) as relay:
        outcome = hand_over(relay)
    assert (outcome.verdict, outcome.cause) == (Verdict.DEFERRED, Cause.POLICY)


def test_a_refused_message_is_about_us_and_a_deferred_one_waits(smtp_server: SmtpServer) -> None:
    smtp_server.refuse_data[READER] = "554 5.7.1 content refused"
    with relay_at(smtp_server.port) as relay, pytest.raises(MessageRefused, match="content refused"):
        hand_over(relay)
    smtp_server.refuse_data[READER] = "452 4.3.1 disk full"
    with relay_at(smtp_server.port) as relay:
        assert hand_over(relay).verdict == Verdict.DEFERRED


def test_no_connection_is_no_attempt() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        with (
            relay_at(taken.getsockname()[1]) as relay,
            pytest.raises(RelayUnavailable, match="cannot connect"),
        ):
            hand_over(relay)


@contextmanager
def server_that_leaves(after: str) -> Iterator[int]:
    """A server that answers each command well and hangs up at `after`: a verb, or "dot"."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                stream.write(b"220 here\r\n")
                stream.flush()
                in_data = False
                for line in stream:
                    if in_data and line != b".\r\n":
                        continue
                    verb = "dot" if in_data else line.split()[0].decode().lower()
                    in_data = verb == "data"
                    if verb == after:
                        return
                    stream.write(b"354 go on\r\n" if in_data else b"250 fine\r\n")
                    stream.flush()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize("verb", ["mail", "rcpt", "data"])
def test_a_connection_lost_before_end_of_data_is_safe_to_repeat(verb: str) -> None:
    with server_that_leaves(verb) as port, relay_at(port) as relay:
        assert hand_over(relay).verdict == Verdict.DEFERRED


def test_a_connection_lost_after_end_of_data_is_unknown() -> None:
    with server_that_leaves("dot") as port, relay_at(port) as relay:
        assert hand_over(relay).verdict == Verdict.UNKNOWN


def test_only_a_relay_on_this_machine_is_local() -> None:
    assert SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 25}).local
    assert not SmtpRelay({"EMAIL_HOST": "relay.example.org", "EMAIL_PORT": 25}).local


def test_mail_goes_out_from_a_machine_that_cannot_look_up_its_own_name(
    smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: str) -> str:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getfqdn", lambda: "nameless")
    monkeypatch.setattr(socket, "gethostbyname", unknown)
    with relay_at(smtp_server.port) as relay:
        assert hand_over(relay).verdict is Verdict.ACCEPTED
