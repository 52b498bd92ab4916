"""Demo data: a sample day and invented readers in a reserved domain, and their removal."""

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

import digest
from digest.ingestion.store import ingest
from digest.library.reading import Entry
from digest.models import Paper, Selection, Source
from digest.models.paper import LISTED
from digest.sources.jsonl import JSON_LINES
from subscriptions import outbox
from subscriptions.accounts import library, preferences
from subscriptions.accounts.library import DAILY, Library
from subscriptions.accounts.preferences import Choices
from subscriptions.lib.selection_rows import forget_unused
from subscriptions.models import FilterSet, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import planner
from subscriptions.relay import open_relay

ADMIN = "admin"
SAMPLE = Path(digest.__file__).parent / "sample" / "2025-11-05.jsonl"


class DemoReader(NamedTuple):
    """An invented reader; `library` are keys of papers of the sample day."""

    email: str
    schedule: Schedule
    topics: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    trending: int = 0
    library: tuple[str, ...] = ()


READERS = (
    DemoReader("ada@readers.example", Schedule("Europe/Berlin", 7), ("quantization", "efficient-inference")),
    DemoReader("bela@readers.example", Schedule("Europe/Budapest", 8, Rhythm.WEEKDAYS), ("agents", "code")),
    DemoReader("chidi@readers.example", Schedule("Africa/Lagos", 6), ("3d", "robotics")),
    DemoReader(
        "dana@readers.example",
        Schedule("America/New_York", 7),
        ("distributed-training",),
        ("checkpointing OR straggler*",),
    ),
    DemoReader("emi@readers.example", Schedule("Asia/Tokyo", 7), ("reasoning", "reinforcement-learning")),
    DemoReader(
        "farid@readers.example",
        Schedule("Asia/Tehran", 9, Rhythm.WEEKLY, 0),
        queries=('"time series" OR title:graph',),
    ),
    DemoReader("grace@readers.example", Schedule("Europe/London", 7), trending=5),
    DemoReader(
        "hugo@readers.example",
        Schedule("Europe/Paris", 8),
        library=("arxiv:2210.17323", "arxiv:2509.23202", "arxiv:1811.06965", "arxiv:2312.12705"),
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
    for each in READERS:
        reader = Subscriber(email=each.email, email_key=each.email, demo=True, state=Subscriber.State.ACTIVE)
        topics, daily = preferences.topics_by_slug(each.topics), DAILY if each.library else 0
        choices = Choices(topics, each.queries, each.schedule, trending=each.trending, library_daily=daily)
        preferences.apply(reader, choices)
        reader.next_digest_at = reader.consented_at = now
        reader.consent = "demo reader"
        reader.save()
        entries = (Entry(line, key) for line, key in enumerate(each.library, start=1))
        library.bring(reader, Library(tuple(entries)), now)
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
