"""`send_digests --now … --wait` beside other senders and after killed ones: it ends when all is settled."""

import json
import signal
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from subscriptions.models import Delivery, Run, Subscriber
from tests.factories import DAY, NOW, edition, reader, topic
from tests.services.fixtures import StartService
from tests.services.smtp import SmtpServer

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
READERS = 60
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def environment(database_url: str, smtp_server: SmtpServer) -> dict[str, str]:
    """Readers due tomorrow on the service's calendar, long ago on the real one; leases are short."""
    agents = topic("agents", "agents")
    edition("First agents")
    for number in range(READERS):
        reader(f"reader{number}@readers.example", topics=[agents], next_digest_at=TOMORROW)
    return {"DATABASE_URL": database_url, "EMAIL_URL": smtp_server.url, "OUTBOX_LEASE_SECONDS": "3"}


def test_two_senders_share_the_work_and_both_end_when_it_is_done(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer
) -> None:
    command = ("send_digests", "--now", TOMORROW.isoformat(), "--wait", "--json")
    senders = [service(*command, env=environment) for _ in range(2)]
    assert [sender.process.wait(60) for sender in senders] == [0, 0]
    recipients = Counter(mail.recipients[0] for mail in smtp_server.mails)
    assert len(recipients) == READERS
    assert set(recipients.values()) == {1}
    summaries = [json.loads(sender.output.splitlines()[-1]) for sender in senders]
    assert sum(summary["planned"] for summary in summaries) == READERS
    assert sum(summary["accepted"] for summary in summaries) == READERS
    assert Run.objects.get().state == "done"


def test_a_sender_waits_for_what_a_killed_one_had_in_hand(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer
) -> None:
    command = ("send_digests", "--now", TOMORROW.isoformat(), "--wait")
    # One mail for each connection and death may end unknown: with one connection, one mail.
    environment["SMTP_CONNECTIONS"] = "1"
    killed = service(*command, env=environment)
    smtp_server.wait_for(1)
    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait(10)
    other = service(*command, env=environment)
    assert other.process.wait(60) == 0
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert set(states) <= {"accepted", "unknown"}
    assert states.total() == READERS
    assert states["unknown"] <= 1
    recipients = [mail.recipients[0] for mail in smtp_server.mails]
    assert len(recipients) == len(set(recipients))


def test_the_planning_clock_alone_is_moved(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer
) -> None:
    smtp_server.refuse["reader7@readers.example"] = "451 4.7.1 Greylisted"
    started = timezone.now()
    for day in (1, 2):
        edition("First agents", f"Agents of day {day}", day=DAY + timedelta(days=day))
        moment = (NOW + timedelta(days=day)).isoformat()
        assert service("send_digests", "--now", moment, "--wait", env=environment).process.wait(60) == 0
    put_off = Delivery.objects.get(state="deferred")
    assert put_off.subscriber.email == "reader7@readers.example"
    assert put_off.not_before > started
    assert put_off.due_at == TOMORROW.replace(hour=7) + timedelta(days=1)
    assert set(Subscriber.objects.values_list("next_digest_at", flat=True)) == {
        TOMORROW.replace(hour=7) + timedelta(days=2)
    }
    assert len(smtp_server.mails) == 2 * (READERS - 1)
