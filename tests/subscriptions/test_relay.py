"""What each answer of a relay means, on a real SMTP server and on one that fails at a chosen moment."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from subscriptions.relay import RelayUnavailable, SmtpRelay, Verdict
from tests.services.smtp import SmtpServer

SENDER, READER = "digest@digest.test", "ada@readers.test"
MESSAGE = b"Subject: Two papers\r\n\r\n.a line with a dot\r\n..two\r\nend\r\n"


def relay_at(port: int, **config: object) -> SmtpRelay:
    return SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port} | config, timeout=5)


def test_a_message_arrives_byte_for_byte_over_one_connection(smtp_server: SmtpServer) -> None:
    with relay_at(smtp_server.port) as relay:
        outcomes = [relay.hand_over(MESSAGE, SENDER, READER) for _ in range(3)]
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
        refused = relay.hand_over(MESSAGE, SENDER, READER)
        assert (refused.verdict, refused.answer) == (verdict, answer)
        assert relay.hand_over(MESSAGE, SENDER, "bela@readers.test").verdict == Verdict.ACCEPTED


def test_a_policy_refusal_is_about_us(smtp_server: SmtpServer) -> None:
    smtp_server.refuse[READER] = "550 5.7.515 authenticate your domain"
    with relay_at(smtp_server.port) as relay, pytest.raises(RelayUnavailable, match=r"5\.7\.515"):
        relay.hand_over(MESSAGE, SENDER, READER)


def test_a_refused_message_is_about_us_and_a_deferred_one_waits(smtp_server: SmtpServer) -> None:
    smtp_server.refuse_data[READER] = "554 5.6.0 content refused"
    with relay_at(smtp_server.port) as relay, pytest.raises(RelayUnavailable, match="content refused"):
        relay.hand_over(MESSAGE, SENDER, READER)
    smtp_server.refuse_data[READER] = "452 4.3.1 disk full"
    with relay_at(smtp_server.port) as relay:
        assert relay.hand_over(MESSAGE, SENDER, READER).verdict == Verdict.DEFERRED


def test_no_connection_is_no_attempt() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        with pytest.raises(RelayUnavailable, match="no connection"):
            relay_at(taken.getsockname()[1]).hand_over(MESSAGE, SENDER, READER)


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
def test_a_connection_lost_before_the_final_dot_is_safe_to_repeat(verb: str) -> None:
    with server_that_leaves(verb) as port, relay_at(port) as relay:
        assert relay.hand_over(MESSAGE, SENDER, READER).verdict == Verdict.DEFERRED


def test_a_connection_lost_after_the_final_dot_is_unknown() -> None:
    with server_that_leaves("dot") as port, relay_at(port) as relay:
        assert relay.hand_over(MESSAGE, SENDER, READER).verdict == Verdict.UNKNOWN


def test_only_a_relay_on_this_machine_is_local() -> None:
    assert relay_at(25).local
    assert not SmtpRelay({"EMAIL_HOST": "relay.example.org", "EMAIL_PORT": 25}).local
