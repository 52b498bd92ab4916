"""Several connections to one relay: as many as it takes, none for ever, and what their ends mean."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from subscriptions.relay import Completed, Event, Mail, Ready, Relay, Returned, SmtpRelay, Unavailable
from tests.services.scripted_smtp import BEGIN, END, FULL, HANG_UP, IN, scripted
from tests.services.smtp import SmtpServer

CONTENT = b"Subject: Two papers\r\n\r\nText\r\n"


def mail(number: int) -> Mail:
    return Mail(number, CONTENT, "digest@digest.test", f"reader{number}@readers.test")


def relay_at(port: int, connections: int = 4, timeout: float = 5) -> SmtpRelay:
    return SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port}, connections, timeout)


def send(relay: Relay, numbers: range) -> tuple[dict[int, str], list[str]]:
    """Hand over mails, again where they come back: how each ended, and why the relay was given up."""
    waiting, in_flight = list(numbers), set[int]()
    ends: dict[int, str] = {}
    errors: list[str] = []
    while (waiting or in_flight) and not errors:
        while waiting and relay.capacity():
            in_flight.add(waiting[0])
            relay.offer(mail(waiting.pop(0)))
        for event in relay.poll():
            if isinstance(event, Ready):
                relay.finish(event.key)
            elif isinstance(event, Unavailable):
                errors.append(str(event.error))
            else:
                in_flight.remove(event.key)
                if isinstance(event, Completed):
                    ends[event.key] = event.outcome.verdict.value
                elif isinstance(event, Returned):
                    waiting.insert(0, event.key)
    relay.close()
    return ends, errors


class Counting(SmtpServer):
    """Knows how many connections it has at once, and answers after a moment."""

    open = most = 0

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.open += 1
        self.most = max(self.most, self.open)
        return responses

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(0.01)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def counting() -> Iterator[Counting]:
    server = Counting()
    controller = server.controller()
    controller.start()
    yield server
    controller.stop()


@pytest.mark.parametrize(("mails", "connections"), [(1, 1), (2, 2), (40, 4)])
def test_connections_are_opened_as_there_is_mail_and_kept(
    counting: Counting, mails: int, connections: int
) -> None:
    ends, errors = send(relay_at(counting.port), range(mails))
    assert (set(ends.values()), errors) == ({"accepted"}, [])
    assert sorted(mail.recipients[0] for mail in counting.mails) == sorted(
        mail(number).recipient for number in range(mails)
    )
    assert counting.most == connections


def test_an_answer_that_came_while_we_were_held_up_is_heard_before_the_relay_is_given_up(
    smtp_server: SmtpServer,
) -> None:
    relay = relay_at(smtp_server.port, timeout=1)
    relay.offer(mail(1))
    events: list[Event] = []
    while Ready(1) not in events:
        assert not any(isinstance(event, Unavailable) for event in events)
        events += relay.poll()
    relay.finish(1)
    events += relay.poll(timeout=0)
    time.sleep(1.1)
    events += relay.poll()
    relay.close()
    assert [event.outcome.verdict for event in events if isinstance(event, Completed)] == ["accepted"]


def test_a_relay_that_takes_fewer_connections_gets_all_mails_over_those() -> None:
    with scripted([*IN, *(BEGIN + END) * 3], FULL, FULL) as port:
        ends, errors = send(relay_at(port, connections=3), range(3))
    assert (ends, errors) == (dict.fromkeys(range(3), "accepted"), [])


def test_a_relay_that_lets_nobody_in_is_given_up_and_no_mail_was_tried() -> None:
    with scripted(FULL, FULL) as port:
        ends, errors = send(relay_at(port, connections=2), range(5))
    assert ends == {}
    assert errors == ["SMTP session failed: closed by the relay: 421 4.7.0 too many connections"]


def test_mails_offered_to_a_relay_that_is_gone_come_back() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        relay = relay_at(taken.getsockname()[1])
        relay.offer(mail(1))
        relay.offer(mail(2))
        events = relay.poll()
        relay.abort(2)  # there is nothing to hang up on
        assert [event for event in events if isinstance(event, Returned)] == [Returned(1), Returned(2)]
        assert sum(isinstance(event, Unavailable) for event in events) == 1
        relay.close()


def test_a_relay_that_loses_mail_after_mail_is_given_up() -> None:
    lossy = [[*IN, *BEGIN, (b"\r\n.\r\n", HANG_UP)] for _ in range(3)]
    with scripted(*lossy) as port:
        ends, errors = send(relay_at(port, connections=1), range(9))
    assert ends == dict.fromkeys(range(3), "unknown")
    assert len(errors) == 1


def test_a_dead_relay_is_not_waited_for_for_ever() -> None:
    with scripted([*IN, *BEGIN, (b"never", HANG_UP)]) as port:
        relay = relay_at(port, connections=1, timeout=0.3)
        relay.offer(mail(1))
        events: list[Event] = []
        while not any(isinstance(event, Completed) for event in events):
            events += (latest := relay.poll())
            for event in latest:
                if isinstance(event, Ready):
                    relay.finish(event.key)
        relay.close()
    (end,) = (event for event in events if isinstance(event, Completed))
    assert (end.outcome.verdict, "no reply within 0.3 seconds" in end.outcome.answer) == ("unknown", True)


def test_a_connection_that_died_while_it_was_idle_costs_no_mail() -> None:
    with scripted([*IN, *BEGIN, *END], [*IN, *BEGIN, *END]) as port:
        relay = relay_at(port, connections=1)
        ends: dict[int, str] = {}
        for number in (1, 2):
            ends |= _one(relay, number)
        relay.close()
    assert ends == {1: "accepted", 2: "accepted"}


def _one(relay: Relay, number: int) -> dict[int, str]:
    relay.offer(mail(number))
    while True:
        for event in relay.poll():
            if isinstance(event, Ready):
                relay.finish(event.key)
            elif isinstance(event, Returned):
                relay.offer(mail(number))
            elif isinstance(event, Completed):
                return {number: event.outcome.verdict.value}


def test_a_relay_that_cannot_do_the_pipelining_it_offers_is_asked_step_by_step() -> None:
    confused = [*IN, (b"RCPT", HANG_UP)]
    patient = [*IN, (b"MAIL", b"250 a\r\n"), (b"RCPT", b"250 b\r\n"), (b"DATA\r\n", b"354 go on\r\n"), *END]
    with scripted(confused, patient) as port:
        relay = relay_at(port, connections=1)
        assert _one(relay, 1) == {1: "deferred"}
        assert _one(relay, 2) == {2: "accepted"}
        relay.close()
