"""What the operator is told by mail when mail stops, and that nobody is told twice."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import environ
import pytest
import time_machine
from aiosmtpd.smtp import AuthResult

from digest.models import Source, SourceProblem
from subscriptions import tasks
from subscriptions.emails import alarms
from subscriptions.models import Delivery, Run
from subscriptions.planning import runs
from subscriptions.relay import local_mailbox
from tests.factories import NOW, edition, reader, source, topic
from tests.services.ports import free_port
from tests.services.scripted_smtp import END, HANG_UP, IN, Conversation, scripted
from tests.services.smtp import SmtpServer, smtp_server_with_tls

pytestmark = pytest.mark.django_db
OPERATOR = "operator@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _clock(settings: Any) -> Iterator[None]:
    settings.OPERATOR_EMAIL = OPERATOR
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """What the local mailbox is handed."""
    mails: list[EmailMessage] = []

    def store(message: bytes, _sender: str, recipient: str) -> None:
        assert recipient == OPERATOR
        mails.append(message_from_bytes(message, policy=policy.default))

    monkeypatch.setattr(local_mailbox, "store", store)
    return mails


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def held(since: timedelta, due: timedelta = timedelta(0)) -> None:
    """A digest that the relay has refused to take for so long; it was `due` even before."""
    subscriber = reader(topics=[topic("agents", "agents")])
    delivery = Delivery.objects.create(
        subscriber=subscriber,
        due_at=NOW - since - due,
        not_before=NOW,
        state=Delivery.State.DEFERRED,
        reason="held: 554 5.7.1 <digest@example.org>: not logged in",  # as rows of every build before begin
    )
    Delivery.objects.filter(pk=delivery.pk).update(created_at=NOW - since)


def failing(**values: Any) -> Source:
    return source("papers", enabled=True, error="403 Forbidden\nmore", checked_at=NOW, **values)


def test_when_all_is_well_nobody_is_told(kept: list[EmailMessage]) -> None:
    edition("Agents")
    Source.objects.update(enabled=True)
    assert alarms.notify_operator(NOW) == 0
    assert kept == []


def test_held_mail_is_told_with_the_relays_own_words(kept: list[EmailMessage]) -> None:
    held(HOUR)
    tasks.ring_alarms()
    (mail,) = kept
    assert mail["To"] == OPERATOR
    assert mail["Subject"] == "Needs you: Mail is deferred: the relay accepts none from this service."
    assert "554 5.7.1 <digest@example.org>: not logged in" in text_of(mail)
    assert "http://localhost:8000/admin/" in text_of(mail)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_relay_that_was_away_for_a_moment_is_no_alarm(kept: list[EmailMessage]) -> None:
    held(timedelta(minutes=2))
    alarms.notify_operator(NOW)
    assert kept == []


def test_a_digest_that_catches_up_is_no_alarm_when_it_is_held_for_the_first_time(
    kept: list[EmailMessage],
) -> None:
    held(timedelta(minutes=2), due=timedelta(days=2))
    alarms.notify_operator(NOW)
    assert kept == []


def run_of(mails: int, over: timedelta, ended: timedelta, **values: Any) -> Run:
    """A run of so many readers, accepted one after the other until so long ago."""
    run = Run.objects.create(moment=NOW - ended - over, through_release=1, **values)
    agents = topic("agents", "agents")
    for number in range(mails):
        subscriber = reader(f"reader{number}-{run.pk}@readers.example", topics=[agents], next_digest_at=None)
        settled = NOW - ended - over * (number / mails)
        Delivery.objects.create(
            subscriber=subscriber, run=run, due_at=NOW, not_before=NOW, state="accepted", settled_at=settled
        )
    return run


def waits(run: Run, since: timedelta) -> None:
    """A hundred mails of this run have waited for so long."""
    readers = [
        reader(f"waiting{n}@readers.example", queries=["agents"], next_digest_at=None) for n in range(100)
    ]
    Delivery.objects.bulk_create(
        Delivery(subscriber=one, run=run, due_at=NOW, not_before=NOW - since) for one in readers
    )


@pytest.mark.parametrize(
    ("mails", "minutes", "told"),
    [(40, 15, True), (80, 15, False), (0, 15, True), (40, 5, False)],
)
def test_a_relay_that_takes_four_mails_a_minute_is_told_though_it_defers_nothing(
    kept: list[EmailMessage], mails: int, minutes: int, told: bool
) -> None:
    waits(run_of(mails, timedelta(minutes=9), timedelta(0)), timedelta(minutes=minutes))
    alarms.notify_operator(NOW)
    assert [mail["Subject"] for mail in kept] == ["Needs you: Mail leaves too slowly."] * told
    if told:
        assert f"{mails} mails in the last ten minutes; 600 would be usual." in text_of(kept[0])


@pytest.mark.parametrize(
    ("deferred", "attempts", "minutes", "told"),
    [(30, 2, 20, True), (30, 1, 20, False), (30, 2, 5, False), (19, 2, 20, False)],
)
def test_a_run_of_which_much_is_deferred_again_is_told_with_the_relays_words(
    kept: list[EmailMessage], deferred: int, attempts: int, minutes: int, told: bool
) -> None:
    run = run_of(60, timedelta(minutes=1), timedelta(minutes=minutes))
    Run.objects.update(started_at=NOW - timedelta(minutes=minutes))
    some = Delivery.objects.order_by("pk").values("pk")[:deferred]
    Delivery.objects.filter(pk__in=some).update(
        state="deferred", attempts=attempts, reason="451 4.7.1 the filter is away", not_before=NOW + HOUR
    )
    alarms.notify_operator(NOW)
    subject = "Needs you: Much of a run is deferred: the relay answers 4xx to mail after mail."
    assert [mail["Subject"] for mail in kept] == [subject] * told
    if told:
        assert "451 4.7.1 the filter is away" in text_of(kept[0])
    assert Run.objects.get().pk == run.pk


def test_a_relay_is_measured_by_its_own_past_and_by_the_rate_that_was_set(
    kept: list[EmailMessage], settings: Any
) -> None:
    run_of(150, timedelta(seconds=30), timedelta(days=1), state="done")  # 300 a minute
    waits(run_of(90, timedelta(minutes=9), timedelta(0)), HOUR)
    settings.EMAIL_RATE = 0.15  # a second
    alarms.notify_operator(NOW)
    assert kept == []
    settings.EMAIL_RATE = 0
    alarms.notify_operator(NOW)
    assert len(kept) == 1
    assert "90 mails in the last ten minutes; 30" in text_of(kept[0])


def test_a_run_that_is_held_for_its_refusals_is_told_as_that(kept: list[EmailMessage]) -> None:
    held(HOUR)
    run = Run.objects.create(moment=NOW, through_release=1)
    Delivery.objects.update(run=run)
    until = NOW + runs.HELD_FOR_REFUSALS
    runs.hold("20 of the last 20 readers refused alike: 550 Administrative prohibition", until, run.pk)
    Run.objects.update(refusals_from=NOW)
    alarms.notify_operator(NOW)
    assert [mail["Subject"] for mail in kept] == [
        "Needs you: A run is held: many of its readers were refused."
    ]
    assert "550 Administrative prohibition" in text_of(kept[0])


def test_a_problem_of_a_source_is_told_once_however_long_it_lasts(kept: list[EmailMessage]) -> None:
    row = failing(succeeded_at=NOW - timedelta(minutes=15))
    alarms.notify_operator(NOW)
    assert kept == []
    for hours in (1, 2, 8, 30):
        Source.objects.update(checked_at=NOW + hours * HOUR)
        alarms.notify_operator(NOW + hours * HOUR)
    assert [mail["Subject"] for mail in kept] == ["Needs you: Papers could not be read."]
    assert "403 Forbidden" in text_of(kept[0])
    assert "more" not in text_of(kept[0])
    problem = SourceProblem.objects.get(source=row)
    assert f"http://localhost:8000/admin/digest/sourceproblem/{problem.pk}/change/" in text_of(kept[0])


def test_a_source_that_comes_and_goes_is_told_once_and_again_when_it_was_well_for_hours(
    kept: list[EmailMessage],
) -> None:
    row = failing(succeeded_at=None)

    def round_at(moment: datetime, error: str) -> None:
        well = {"succeeded_at": moment} if not error else {"succeeded_at": None}
        Source.objects.filter(pk=row.pk).update(error=error, checked_at=moment, **well)
        alarms.notify_operator(moment)

    for quarter in range(20):
        round_at(NOW + quarter * timedelta(minutes=15), "503" if quarter % 2 == 0 else "")
    assert len(kept) == 1
    assert "once for this problem" in " ".join(text_of(kept[0]).split())
    assert SourceProblem.objects.count() == 1
    round_at(NOW + 12 * HOUR, "503")
    assert len(kept) == 2
    assert SourceProblem.objects.count() == 2


def test_sign_ups_beyond_the_total_are_told_once_and_letters_due_now_are_not(
    kept: list[EmailMessage],
) -> None:
    subscriber = reader()
    Delivery.objects.post(subscriber, "confirm", NOW)
    assert alarms.notify_operator(NOW) == 0
    Delivery.objects.post(subscriber, "confirm", NOW + 2 * HOUR)
    for minutes in (0, 5, 10):
        alarms.notify_operator(NOW + timedelta(minutes=minutes))
    (mail,) = kept
    assert mail["Subject"] == "Needs you: More people sign up than letters may leave in an hour."
    assert f"The last one leaves at {NOW + 2 * HOUR:%Y-%m-%d %H:%M} UTC." in text_of(mail)


def test_a_source_that_is_switched_off_alarms_nobody(kept: list[EmailMessage]) -> None:
    failing(succeeded_at=None)
    Source.objects.update(enabled=False)
    alarms.notify_operator(NOW)
    assert kept == []


def test_each_cause_is_told_once_in_six_hours(kept: list[EmailMessage]) -> None:
    held(HOUR)
    failing(succeeded_at=None)
    for minutes in (0, 5, 60, 359):
        alarms.notify_operator(NOW + timedelta(minutes=minutes))
    assert len(kept) == 2
    alarms.notify_operator(NOW + timedelta(hours=6))
    assert len(kept) == 3  # the source's problem is told once


def test_without_an_operators_address_it_stands_in_the_log(
    kept: list[EmailMessage], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OPERATOR_EMAIL = ""
    held(HOUR)
    assert alarms.notify_operator(NOW) == 0
    assert kept == []
    assert "Mail is deferred" in caplog.text


def test_an_alarm_that_no_relay_took_is_tried_again_soon(
    settings: Any, kept: list[EmailMessage], caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_RELAYS = [{"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": free_port()}]
    held(HOUR)
    assert alarms.notify_operator(NOW) == 0
    assert "alarm not sent, retrying later: cannot connect to the relay" in caplog.text
    settings.EMAIL_RELAYS = []
    assert alarms.notify_operator(NOW + timedelta(minutes=1)) == 0
    assert alarms.notify_operator(NOW + timedelta(minutes=10)) == 1
    assert len(kept) == 1


@pytest.mark.services
def test_an_alarm_goes_to_the_relay_as_a_whole_mail(settings: Any, smtp_server: SmtpServer) -> None:
    settings.EMAIL_RELAYS = [environ.Env.email_url_config(smtp_server.url)]
    held(HOUR)
    assert alarms.notify_operator(NOW) == 1
    (mail,) = smtp_server.to(OPERATOR)
    assert mail.message["Subject"] == "Needs you: Mail is deferred: the relay accepts none from this service."
    assert mail.sender == "digest@localhost"


@pytest.mark.services
def test_an_alarm_that_the_relay_refuses_is_tried_again(settings: Any, smtp_server: SmtpServer) -> None:
    settings.EMAIL_RELAYS = [environ.Env.email_url_config(smtp_server.url)]
    smtp_server.refuse[OPERATOR] = "450 4.2.1 Later"
    held(HOUR)
    assert alarms.notify_operator(NOW) == 0
    smtp_server.refuse.clear()
    assert alarms.notify_operator(NOW + timedelta(minutes=11)) == 1


# Offers PIPELINING, as in `IN`, and cannot do it.
STEPS = {
    "MAIL": (b"MAIL FROM:<digest@localhost>\r\n", b"250 a\r\n"),
    "RCPT": (b"RCPT TO:<operator@example.org>\r\n", b"250 b\r\n"),
    "DATA": (b"DATA\r\n", b"354 go on\r\n"),
    "END": END[0],
}
ACCEPTING: Conversation = [*IN, *STEPS.values()]


def upto(step: str, reply: bytes) -> Conversation:
    """A conversation that goes well until `step`, where the relay says this instead, or closes."""
    steps = list(STEPS)
    return [*IN, *(STEPS[name] for name in steps[: steps.index(step)]), (STEPS[step][0], reply)]


@pytest.mark.parametrize(
    ("refusing", "reported"),
    [
        ([(b"", b"421 4.3.2 closing\r\n")], "421 4.3.2 closing"),
        ([(b"", b"554 5.7.1 not you\r\n")], "greeting: 554 5.7.1 not you"),
        ([(b"", b"HTTP/1.1 400 Bad Request\r\n")], "not an SMTP reply: HTTP/1.1 400 Bad Request"),
        ([IN[0], (b"EHLO", HANG_UP)], "connection closed by the relay"),
        (upto("MAIL", b"530 5.7.0 log in\r\n"), "MAIL FROM rejected: 530 5.7.0 log in"),
        (upto("RCPT", b"550 5.1.1 no such user\r\n"), "RCPT TO rejected: 550 5.1.1 no such user"),
        (upto("RCPT", HANG_UP), "connection lost before end of data: connection closed by the relay"),
        (upto("DATA", b"451 4.3.0 later\r\n"), "DATA rejected: 451 4.3.0 later"),
        (upto("DATA", b"421 4.7.0 too much\r\n"), "DATA rejected: 421 4.7.0 too much"),
        (upto("END", b"452 4.3.1 disk full\r\n"), "end of data rejected: 452 4.3.1 disk full"),
        (upto("END", b"554 5.7.1 looks bad\r\n"), "end of data rejected: 554 5.7.1 looks bad"),
        (upto("END", b"421 4.3.2 closing\r\n"), "end of data rejected: 421 4.3.2 closing"),
    ],
)
def test_an_alarm_that_the_relay_rejects_at_any_step_is_sent_again_later(
    settings: Any, caplog: pytest.LogCaptureFixture, refusing: Conversation, reported: str
) -> None:
    held(HOUR)
    with scripted(refusing, ACCEPTING, lockstep=True) as port:
        settings.EMAIL_RELAYS = [{"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port}]
        assert alarms.notify_operator(NOW) == 0
        assert reported in caplog.text
        assert alarms.notify_operator(NOW + timedelta(minutes=9)) == 0
        assert alarms.notify_operator(NOW + timedelta(minutes=10)) == 1


def test_an_alarm_that_the_relay_may_have_is_not_repeated(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    held(HOUR)
    with scripted(upto("END", HANG_UP)) as port:
        settings.EMAIL_RELAYS = [{"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port}]
        for minutes in (0, 10, 300):
            alarms.notify_operator(NOW + timedelta(minutes=minutes))
    assert "may or may not have taken the alarm: no reply after end of data" in caplog.text
    assert "not sent" not in caplog.text  # nobody listens any more: a second attempt would have failed


@pytest.mark.services
def test_an_alarm_goes_over_starttls_with_auth_and_a_wrong_password_is_told(
    settings: Any,
    certificate: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certificate[0])

    def check(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
        right = (data.login, data.password) == (b"digest", b"s3cret")
        return AuthResult(success=right, handled=right)

    options = {"authenticator": check, "auth_required": True}
    held(HOUR)
    with smtp_server_with_tls(certificate, "tls_context", **options) as server:
        address = f"127.0.0.1:{server.port}"
        settings.EMAIL_RELAYS = [environ.Env.email_url_config(f"smtp+tls://digest:wrong@{address}")]
        assert alarms.notify_operator(NOW) == 0
        assert "AUTH rejected: 535" in caplog.text
        settings.EMAIL_RELAYS = [environ.Env.email_url_config(f"smtp+tls://digest:s3cret@{address}")]
        assert alarms.notify_operator(NOW + timedelta(minutes=10)) == 1
    assert [mail.recipients for mail in server.mails] == [(OPERATOR,)]
