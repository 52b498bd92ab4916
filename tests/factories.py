"""A small invented world for tests that need stored rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from digest.ingestion.store import Ingested, ingest
from digest.lib.records import title_key
from digest.models import Source, Topic
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Subscriber
from subscriptions.models.schedule import Schedule

NOW = datetime(2025, 11, 5, 9, 0, tzinfo=UTC)
DAY = date(2025, 11, 5)


def topic(slug: str, query: str, **values: Any) -> Topic:
    defaults = {"name": slug.title(), "description": f"About {slug}", "query": query, "colour": "#1f5fbf"}
    return Topic.objects.update_or_create(slug=slug, defaults=defaults | values)[0]


def source(name: str = "huggingface", **values: Any) -> Source:
    return Source.objects.get_or_create(name=name, defaults={"title": name.title()} | values)[0]


def record(title: str, abstract: str = "", **values: Any) -> dict[str, Any]:
    """One line of the records format."""
    facts = {
        "key": title_key(title),
        "title": title,
        "abstract": abstract or f"We study {title}.",
        "authors": 3,
        "organization": None,
        "published": "2025-11-04",
        "comments": 0,
        "upvotes": None,
        "url": "https://example.org/paper",
        "day": DAY.isoformat(),
    }
    return facts | values


def edition(
    *titles: str | dict[str, Any], day: date = DAY, now: datetime = NOW, of: str = "huggingface"
) -> Ingested:
    """Ingest an edition that lists these papers."""
    records = [record(entry) if isinstance(entry, str) else entry for entry in titles]
    lines = (json.dumps(entry | {"day": day.isoformat()}) for entry in records)
    return ingest("\n".join(lines).encode(), source(of), now, day)


def reader(
    address: str = "ada@readers.example",
    topics: Sequence[Topic] = (),
    queries: Sequence[str] = (),
    schedule: Schedule | None = None,
    chosen: Mapping[str, Any] | None = None,
    **values: Any,
) -> Subscriber:
    """An active reader, due now unless said otherwise; `chosen` is what else they chose, by its name."""
    subscriber = Subscriber(email=address, email_key=address.casefold(), state=Subscriber.State.ACTIVE)
    choices = Choices(tuple(topics), tuple(queries), schedule or Schedule("UTC", 7))
    preferences.apply(subscriber, replace(choices, **(chosen or {})))
    subscriber.next_digest_at = subscriber.consented_at = NOW
    for name, value in values.items():
        setattr(subscriber, name, value)
    subscriber.save()
    return subscriber
