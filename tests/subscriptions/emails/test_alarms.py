"""What the operator is told by mail when mail stops, and that nobody is told twice."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import environ
import pytest
import time_machine

from digest.models import Release, Source
from subscriptions import tasks
from subscriptions.emails import alarms
from subscriptions.models import Delivery
from subscriptions.relay import local_mailbox
from tests.factories import NOW, edition, reader, source, topic
from tests.services.ports import free_port
from tests.services.smtp import SmtpServer

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
        reason="held: 554 5.7.1 <digest@example.org>: not logged in",
    )
    Delivery.objects.filter(pk=delivery.pk).update(created_at=NOW - since)


def failing(**values: Any) -> Source:
    return source("papers", enabled=True, error="403 Forbidden\nmore", checked_at=NOW, **values)


def test_when_all_is_well_nobody_is_told(kept: list[EmailMessage]) -> None:
    edition("Agents")
    Source.objects.update(enabled=True)
    assert alarms.ring(NOW) == 0
    assert kept == []


def test_held_mail_is_told_with_the_relays_own_words(kept: list[EmailMessage]) -> None:
    held(HOUR)
    tasks.ring_alarms()
    (mail,) = kept
    assert mail["To"] == OPERATOR
    assert mail["Subject"] == "Needs you: Mail is held: the relay takes none from us."
    assert "554 5.7.1 <digest@example.org>: not logged in" in text_of(mail)
    assert "http://localhost:8000/admin/" in text_of(mail)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_relay_that_was_away_for_a_moment_is_no_alarm(kept: list[EmailMessage]) -> None:
    held(timedelta(minutes=2))
    alarms.ring(NOW)
    assert kept == []


def test_a_digest_that_catches_up_is_no_alarm_when_it_is_held_for_the_first_time(
    kept: list[EmailMessage],
) -> None:
    held(timedelta(minutes=2), due=timedelta(days=2))
    alarms.ring(NOW)
    assert kept == []


def test_a_source_that_cannot_be_read_is_told_once_it_lasts(kept: list[EmailMessage]) -> None:
    failing(succeeded_at=NOW - timedelta(minutes=15))
    alarms.ring(NOW)
    assert kept == []
    alarms.ring(NOW + HOUR)
    assert [mail["Subject"] for mail in kept] == ["Needs you: Papers could not be read."]
    assert "403 Forbidden" in text_of(kept[0])
    assert "more" not in text_of(kept[0])


def test_a_source_that_is_switched_off_alarms_nobody(kept: list[EmailMessage]) -> None:
    failing(succeeded_at=None)
    Source.objects.update(enabled=False)
    alarms.ring(NOW)
    assert kept == []


@pytest.mark.parametrize(
    ("newest", "told"),
    [
        (NOW - timedelta(hours=35), False),
        (NOW - timedelta(hours=37), True),
        (datetime(2025, 10, 31, 20, tzinfo=UTC), False),  # Friday, 20:00: by Tuesday, 07:00, 35 weekday hours
    ],
)
def test_silence_of_a_day_and_a_half_is_told(kept: list[EmailMessage], newest: datetime, told: bool) -> None:
    edition("Agents", now=newest)
    Source.objects.update(enabled=True)
    now = NOW if newest.month == NOW.month else datetime(2025, 11, 4, 7, tzinfo=UTC)
    alarms.ring(now)
    assert [mail["Subject"] for mail in kept] == ["Needs you: No new paper has come in for 36 hours."] * told
    assert Release.objects.count() == 1


def test_each_cause_is_told_once_in_six_hours(kept: list[EmailMessage]) -> None:
    held(HOUR)
    failing(succeeded_at=None)
    for minutes in (0, 5, 60, 359):
        alarms.ring(NOW + timedelta(minutes=minutes))
    assert len(kept) == 2
    alarms.ring(NOW + timedelta(hours=6))
    assert len(kept) == 4


def test_without_an_operators_address_it_stands_in_the_log(
    kept: list[EmailMessage], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.OPERATOR_EMAIL = ""
    held(HOUR)
    assert alarms.ring(NOW) == 0
    assert kept == []
    assert "Mail is held" in caplog.text


def test_an_alarm_that_no_relay_took_is_tried_again_soon(
    settings: Any, kept: list[EmailMessage], caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_RELAY = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": free_port()}
    held(HOUR)
    assert alarms.ring(NOW) == 0
    assert "the operator could not be told" in caplog.text
    settings.EMAIL_RELAY = {}
    assert alarms.ring(NOW + timedelta(minutes=1)) == 0
    assert alarms.ring(NOW + timedelta(minutes=10)) == 1
    assert len(kept) == 1


@pytest.mark.services
def test_an_alarm_goes_to_the_relay_as_a_whole_mail(settings: Any, smtp_server: SmtpServer) -> None:
    settings.EMAIL_RELAY = environ.Env.email_url_config(smtp_server.url)
    held(HOUR)
    assert alarms.ring(NOW) == 1
    (mail,) = smtp_server.to(OPERATOR)
    assert mail.message["Subject"] == "Needs you: Mail is held: the relay takes none from us."
    assert mail.sender == "digest@localhost"


@pytest.mark.services
def test_an_alarm_that_the_relay_refuses_is_tried_again(settings: Any, smtp_server: SmtpServer) -> None:
    settings.EMAIL_RELAY = environ.Env.email_url_config(smtp_server.url)
    smtp_server.refuse[OPERATOR] = "450 4.2.1 Later"
    held(HOUR)
    assert alarms.ring(NOW) == 0
    smtp_server.refuse.clear()
    assert alarms.ring(NOW + timedelta(minutes=11)) == 1


def test_an_alarm_that_the_relay_may_have_is_not_repeated(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection broke after the end of the mail: nobody knows."""
    rung: list[int] = []

    class Silent:
        def __init__(self, **_: Any) -> None:
            self.connection = self

        def open(self) -> None: ...
        def close(self) -> None: ...
        def sendmail(self, *_: Any) -> None:
            rung.append(1)
            raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(alarms, "EmailBackend", Silent)
    settings.EMAIL_RELAY = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 25}
    held(HOUR)
    for minutes in (0, 10, 300):
        alarms.ring(NOW + timedelta(minutes=minutes))
    assert rung == [1]
