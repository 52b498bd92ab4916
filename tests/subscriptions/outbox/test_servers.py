"""The table of docs/relays.md, row by row: what a server limits or does otherwise costs no mail, no time."""

import time

import pytest

from subscriptions import outbox
from subscriptions.models import Delivery, Run, Subscriber
from subscriptions.relay import SmtpRelay
from tests.services.habitual_smtp import Habits, HabitualServer, habitual
from tests.subscriptions.outbox.test_refusals import planned, states

pytestmark = pytest.mark.django_db
READERS = 60
TIMEOUT = 20.0  # seconds: nothing waits for it


def address(number: int) -> str:
    return f"reader{number}@readers.example"


def deliver(server: HabitualServer, connections: int = 2) -> float:
    """Send all that waits in one pass; returns the seconds."""
    relay = SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port}, connections, TIMEOUT)
    began = time.monotonic()
    outbox.deliver(relay)
    relay.close()
    return time.monotonic() - began


NOT_PIPELINED = ("8BITMIME", "ENHANCEDSTATUSCODES")
ROWS = {
    "Postfix": Habits(),
    "Postfix, 450 at RCPT after a number of mails": Habits(
        limit=20, limit_at="RCPT", limit_answer="450 4.7.1 Error: too much mail in this session"
    ),
    "Exim, 421 at a MAIL": Habits(limit=20, limit_answer="421 too many messages in this connection"),
    "Exim, 452 at DATA": Habits(
        limit=20, limit_at="DATA", limit_answer="452 space shortage, please try later"
    ),
    "OpenSMTPD, 452 at the 101st MAIL, and any pipelining ends the session": Habits(
        NOT_PIPELINED, limit=20, limit_answer="452 4.5.3 Too many messages sent"
    ),
    "Courier and chasquid, commands behind the dot are dropped": Habits(behind_the_dot="dropped"),
    "Haraka, commands behind the dot are answered with 503": Habits(behind_the_dot="503"),
    "aiosmtpd, no pipelining": Habits(NOT_PIPELINED),
    "any, closes between two mails without a word": Habits(limit=20),
    "any, closes in the middle of an envelope": Habits(limit=20, limit_at="RCPT"),
    "any, 5xx at MAIL after a number of mails": Habits(limit=20, limit_answer="550 Too many messages"),
}


@pytest.mark.parametrize("habits", ROWS.values(), ids=ROWS.keys())
def test_what_a_server_limits_or_does_otherwise_defers_no_mail(habits: Habits) -> None:
    run = planned(READERS)
    with habitual(habits) as server:
        seconds = deliver(server)
    assert states(Delivery) == {"accepted": READERS}
    assert sorted(recipient for recipient, _ in server.took) == sorted(map(address, range(READERS)))
    assert seconds < TIMEOUT
    run.refresh_from_db()
    assert run.state == "running"
    assert (len(server.sessions) > 2) == (habits.limit is not None)
    assert len(server.sessions) <= 2 + (READERS // habits.limit + 1 if habits.limit else 0)


def test_exim_ends_no_session_for_resets_though_a_cluster_of_readers_is_refused(settings: object) -> None:
    settings.REFUSALS_HOLD = 200  # type: ignore[attr-defined]
    planned(READERS)
    dead = {address(n): "550 Unrouteable address" for n in range(10, 40)}
    with habitual(Habits(resets=10, refuse=dead)) as server:
        deliver(server, connections=1)
    assert states(Delivery) == {"accepted": READERS - len(dead), "refused": len(dead)}
    assert not any(session.count("RSET") > 20 for session in server.sessions)


@pytest.mark.parametrize(
    ("habits", "at"),
    [
        (Habits(("PIPELINING", "SIZE 8000"), size=8_000), "SIZE limit"),
        (Habits(("PIPELINING", "SIZE"), size=8_000, size_answer="534 SIZE=Message too big."), "MAIL FROM"),
        (Habits(size=8_000, size_answer="550 Message too big!"), "end of data"),
        (Habits(("PIPELINING", "SIZE 99999999"), size=8_000), "MAIL FROM"),
    ],
    ids=[
        "announced SIZE",
        "Courier, 534 at MAIL",
        "Haraka, 550 after the message",
        "chasquid, other than announced",
    ],
)
def test_mails_above_the_size_that_a_server_takes_wait_and_letters_go_out(habits: Habits, at: str) -> None:
    run = planned(12)
    readers = list(Subscriber.objects.order_by("pk"))
    for one in readers[:6]:
        letter = Delivery.objects.post(one, "known", run.started_at)
        Delivery.objects.filter(pk=letter.pk).update(priority=2)  # behind all that is too long
    with habitual(habits) as server:
        deliver(server, connections=1)
    assert set(Delivery.objects.filter(kind="known").values_list("state", flat=True)) == {"accepted"}
    digests = Delivery.objects.filter(kind="digest")
    assert set(digests.values_list("state", "attempts")) == {("deferred", 1)}
    assert all(at in reason for reason in digests.values_list("reason", flat=True))
    assert Run.objects.get().state == "running"


def test_postfix_leaves_a_transaction_open_after_a_refused_message_and_nobody_else_waits_for_that() -> None:
    planned(12)
    refused = {address(n): "554 5.7.1 Content refused" for n in (3, 7)}
    with habitual(Habits(stays_open=True, refuse_data=refused)) as server:
        deliver(server, connections=1)
    assert states(Delivery) == {"accepted": 10, "deferred": 2}
    assert len(server.sessions) == 1


def test_readers_refused_in_a_row_hold_nobody_up() -> None:
    run = planned(READERS)
    policy = {address(n): "550 5.7.1 Access denied" for n in range(4, 10)}
    with habitual(Habits(refuse=policy)) as server:
        deliver(server)
    assert states(Delivery) == {"accepted": READERS - 6, "deferred": 6}
    run.refresh_from_db()
    assert run.state == "running"


def test_a_server_that_refuses_the_first_mail_of_every_session_holds_everything() -> None:
    run = planned(READERS)
    with habitual(Habits(limit=0, limit_answer="450 4.7.1 Error: too much mail from 127.0.0.1")) as server:
        deliver(server)
    assert server.took == []
    assert len(server.sessions) <= 4
    run.refresh_from_db()
    assert run.state == "paused"


def test_replies_written_one_by_one_do_not_cost_40_milliseconds_each() -> None:
    seconds = []
    for habits in (Habits(NOT_PIPELINED), Habits()):
        planned(READERS)
        with habitual(habits) as server:
            seconds.append(deliver(server, connections=1))
        assert len(server.took) == READERS
        Subscriber.objects.all().delete()
        Run.objects.all().delete()
    step_by_step, pipelined = seconds
    assert pipelined < 2 * step_by_step + READERS * 0.015
