"""Demo data: a sample day and invented readers in a reserved domain, and their removal."""

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

import digest
from digest.ingestion.store import ingest
from digest.models import Paper, Selection, Source
from digest.models.paper import LISTED
from digest.sources.jsonl import JSON_LINES
from subscriptions import outbox
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.lib.selection_rows import forget_unused
from subscriptions.models import FilterSet, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import planner
from subscriptions.relay import open_relay

ADMIN = "admin"
SAMPLE = Path(digest.__file__).parent / "sample" / "2025-11-05.jsonl"

READERS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Schedule], ...] = (
    ("ada@readers.example", ("quantization", "efficient-inference"), (), Schedule("Europe/Berlin", 7)),
    ("bela@readers.example", ("agents", "code"), (), Schedule("Europe/Budapest", 8, Rhythm.WEEKDAYS)),
    ("chidi@readers.example", ("3d", "robotics"), (), Schedule("Africa/Lagos", 6)),
    (
        "dana@readers.example",
        ("distributed-training",),
        ("checkpointing OR straggler*",),
        Schedule("America/New_York", 7),
    ),
    ("emi@readers.example", ("reasoning", "reinforcement-learning"), (), Schedule("Asia/Tokyo", 7)),
    (
        "farid@readers.example",
        (),
        ('"time series" OR title:graph',),
        Schedule("Asia/Tehran", 9, Rhythm.WEEKLY, 0),
    ),
)


@dataclass(frozen=True, slots=True)
class Removed:
    """What `remove` took out."""

    readers: int
    papers: int


def create_admin() -> str | None:
    """The password of a new admin user, or None where there are users already."""
    users = get_user_model().objects
    if users.exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(ADMIN, password=password)
    return password


def create(now: datetime) -> int:
    """Ingest the sample day, make the demo readers and send them their digest; how many were sent.

    Does nothing where real mail could be sent.
    """
    return send() if fill(now) else 0


def fill(now: datetime) -> bool:
    """Ingest the sample day, make the demo readers and plan their digests: all of it or nothing.

    False, and nothing done, where real mail could be sent.
    """
    if settings.EMAIL_URL:
        return False
    with transaction.atomic():
        _fill(now)
    return True


def send() -> int:
    """Put the planned digests into the local mailbox, if anybody can open it; how many.

    Interrupted, the worker does it later.
    """
    return outbox.deliver(open_relay())["accepted"]


def newest_weekday(today: date) -> date:
    """`today`, or the Friday before: what a source would have brought out last."""
    return today - timedelta(days=max(0, today.weekday() - 4))


def sample_of(day: date) -> bytes:
    """The sample as the edition of `day`, whatever day its lines are of: one of long ago looks broken."""
    lines = (json.loads(line) for line in SAMPLE.read_text().splitlines())
    return "\n".join(json.dumps(line | {"day": day.isoformat()}) for line in lines).encode()


def _fill(now: datetime) -> None:
    source, _ = Source.objects.get_or_create(
        name="sample", defaults={"title": "Sample day", "adapter": JSON_LINES.name, "demo": True}
    )
    ingest(sample_of(newest_weekday(now.date())), source, now)
    for address, topics, queries, schedule in READERS:
        reader = Subscriber(email=address, email_key=address, demo=True, state=Subscriber.State.ACTIVE)
        preferences.apply(reader, Choices(preferences.topics_by_slug(topics), queries, schedule))
        reader.next_digest_at = reader.consented_at = now
        reader.consent = "demo reader"
        reader.save()
    planner.plan(now)


def remove() -> Removed:
    """Take out demo and synthetic readers, the sample day, and papers that nothing else lists."""
    with transaction.atomic():
        readers = Subscriber.objects.filter(demo=True)
        count = readers.count()
        readers.delete()
        Source.objects.filter(demo=True).delete()
        papers, _ = Paper.objects.filter(LISTED, entries=None).delete()
        forget_unused(Selection.objects.all())
        FilterSet.objects.filter(subscribers=None).delete()
    return Removed(count, papers)
