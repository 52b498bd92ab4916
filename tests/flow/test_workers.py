"""A digest day on real services: the database, Valkey, Celery workers and beat, an SMTP server."""

import asyncio
import signal
from collections import defaultdict
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils import timezone

from digest.ingestion import shipped_topics
from digest.ingestion.store import ingest
from digest.models import Paper
from subscriptions.accounts import preferences, signup
from subscriptions.accounts.preferences import Choices
from subscriptions.devtools.demo_data import SAMPLE
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Schedule
from subscriptions.planning.planner import plan
from tests.factories import reader, source
from tests.services.fixtures import StartService
from tests.services.processes import Service
from tests.services.smtp import ReceivedMail, SmtpServer
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def environment(database_url: str, valkey_url: str, smtp_server: SmtpServer) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": valkey_url, "EMAIL_URL": smtp_server.url}


@pytest.fixture
def due_readers() -> list[Subscriber]:
    """A sample day and thirty readers who are due, of whom one is not yet at their hour."""
    shipped_topics.load()
    ingest(SAMPLE.read_bytes(), source("records"), timezone.now())
    topics = preferences.topics_by_slug(["quantization", "agents"])
    readers = [
        reader(f"reader{n}@readers.example", topics=topics, next_digest_at=timezone.now()) for n in range(29)
    ]
    later = timezone.now() + timedelta(hours=3)
    return [*readers, reader("later@readers.example", topics=topics, next_digest_at=later)]


def start_worker(service: StartService, environment: dict[str, str], name: str = "one") -> Service:
    worker = service(
        "celery", "-A", "digest", "worker", "--loglevel", "INFO", "-n", f"{name}@%h", env=environment
    )
    worker.wait_for("ready.")
    return worker


def papers_of(mails: list[ReceivedMail]) -> dict[str, set[int]]:
    """The papers that each reader's mails bring, by their links."""
    papers = dict(Paper.objects.values_list("url", "pk"))
    brought: dict[str, set[int]] = defaultdict(set)
    for mail in mails:
        text = mail.message.get_body(("plain",))
        assert text is not None
        brought[mail.recipients[0]] |= {papers[word] for word in text.get_content().split() if word in papers}
    return brought


def settled() -> bool:
    return (
        Delivery.objects.count() >= 29
        and not Delivery.objects.exclude(state__in=["accepted", "refused", "unknown", "skipped"]).exists()
    )


def test_scheduler_and_workers_bring_each_due_reader_one_digest(
    service: StartService,
    environment: dict[str, str],
    smtp_server: SmtpServer,
    due_readers: list[Subscriber],
    data_dir: Path,
) -> None:
    start_worker(service, environment, "one")
    start_worker(service, environment, "two")
    for number in range(2):  # any number of schedulers is harmless
        schedule = str(data_dir / f"schedule-{number}")
        service("celery", "-A", "digest", "beat", "--pidfile", "", "--schedule", schedule, env=environment)
    wait_until(settled, 90, what="all digests")
    recipients = sorted(mail.recipients[0] for mail in smtp_server.mails)
    assert recipients == sorted(r.email for r in due_readers if not r.email.startswith("later"))
    message = smtp_server.mails[0].message
    assert parseaddr(message["From"])[1] == smtp_server.mails[0].sender
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_worker_killed_in_the_middle_sends_nothing_twice(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer, due_readers: list[Subscriber]
) -> None:
    quick = environment | {"OUTBOX_LEASE_SECONDS": "3"}
    sender = service("send_digests", env=quick)
    smtp_server.wait_for(3)
    sender.process.send_signal(signal.SIGKILL)
    sender.process.wait(10)
    finishing = service("send_digests", "--wait", "--json", env=quick)
    assert finishing.process.wait(60) == 0
    recipients = [mail.recipients[0] for mail in smtp_server.mails]
    assert len(recipients) == len(set(recipients))
    unknown = Delivery.objects.filter(state="unknown").count()
    accepted = Delivery.objects.filter(state="accepted").count()
    assert unknown <= 4  # one for each connection
    assert accepted + unknown == 29
    assert accepted <= len(recipients) <= 29
    brought = papers_of(smtp_server.mails)
    for delivery in Delivery.objects.filter(state="accepted").select_related("subscriber", "selection"):
        assert delivery.selection is not None
        selected = {item["paper"] for item in delivery.selection.items}
        assert selected
        assert brought[delivery.subscriber.email] == selected


@pytest.fixture
def slow_smtp_server(smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> SmtpServer:
    """One that thinks about each mail for a moment."""
    take = smtp_server.handle_DATA

    async def take_slowly(server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(0.1)
        return await take(server, session, envelope)

    monkeypatch.setattr(smtp_server, "handle_DATA", take_slowly)
    return smtp_server


def test_a_terminated_worker_leaves_no_mail_in_hand(
    service: StartService,
    environment: dict[str, str],
    slow_smtp_server: SmtpServer,
    due_readers: list[Subscriber],
) -> None:
    plan(timezone.now())
    worker = start_worker(service, environment)
    wake = service("shell", "-c", "from subscriptions.tasks import wake; wake()", env=environment)
    assert wake.process.wait(30) == 0
    begun = len(slow_smtp_server.wait_for(1))
    assert begun < 29
    assert worker.end(signal.SIGTERM, seconds=50) == 0
    assert not Delivery.objects.filter(state__in=["leased", "handing", "unknown"]).exists()
    recipients = [mail.recipients[0] for mail in slow_smtp_server.mails]
    assert len(recipients) == len(set(recipients))
    assert Delivery.objects.filter(state="accepted").count() == len(recipients)


def test_a_terminated_sender_finishes_the_mail_in_hand_and_leaves_the_rest_waiting(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer, due_readers: list[Subscriber]
) -> None:
    sender = service("send_digests", env=environment)
    smtp_server.wait_for(1)
    sender.process.send_signal(signal.SIGTERM)
    assert sender.process.wait(30) == 0
    assert not Delivery.objects.filter(state__in=["leased", "handing", "unknown"]).exists()
    assert Delivery.objects.filter(state="accepted").count() == len(smtp_server.mails)


def test_refused_and_deferred_readers_do_not_hold_up_the_others(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer, due_readers: list[Subscriber]
) -> None:
    smtp_server.refuse["reader3@readers.example"] = "550 5.1.1 No such user"
    smtp_server.refuse["reader4@readers.example"] = "451 4.7.1 Greylisted"
    sender = service("send_digests", "--wait", env=environment)
    assert sender.process.wait(60) == 0
    states = dict(Delivery.objects.values_list("subscriber__email", "state"))
    assert states.pop("reader3@readers.example") == "refused"
    assert states.pop("reader4@readers.example") == "deferred"
    assert set(states.values()) == {"accepted"}
    assert Subscriber.objects.get(email="reader3@readers.example").state == "refused"


def test_a_confirmation_leaves_within_seconds_through_the_worker(
    service: StartService, environment: dict[str, str], smtp_server: SmtpServer
) -> None:
    shipped_topics.load()
    start_worker(service, environment)
    choices = Choices(preferences.topics_by_slug(["agents"]), (), Schedule("UTC", 7))
    signup.request("ada@readers.example", choices, timezone.now())
    wake = service("shell", "-c", "from subscriptions.tasks import wake; wake()", env=environment)
    assert wake.process.wait(30) == 0
    (mail,) = smtp_server.wait_for(1)
    assert mail.recipients == ("ada@readers.example",)
    assert mail.message["List-Unsubscribe"] is None
    assert mail.message["Auto-Submitted"] == "auto-generated"
