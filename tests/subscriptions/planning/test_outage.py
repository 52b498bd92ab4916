"""The service is off from Thursday evening to Monday morning, and nobody misses a paper or has one twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from digest import tasks
from digest.models import Paper
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning.planner import plan
from tests.digest.ingestion.hugging_face import SITE, HuggingFace, listed, playing
from tests.factories import reader, source, topic

pytestmark = pytest.mark.django_db

BEGIN, END = datetime(2025, 11, 3, 12, tzinfo=UTC), datetime(2025, 11, 19, tzinfo=UTC)
OFF = (datetime(2025, 11, 6, 18, tzinfo=UTC), datetime(2025, 11, 10, 8, tzinfo=UTC))
FRIDAY = date(2025, 11, 7)


@pytest.fixture
def site(settings: Settings) -> Iterator[HuggingFace]:
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        site.answers = lambda day: listed(day, f"Agents of {day}") if day.weekday() < 5 else b"[]"
        yield site


def live_through(fetch: Callable[[], object]) -> None:
    """All that the schedule does: sources are fetched, digests planned and accepted."""
    now = BEGIN
    while now < END:
        if not OFF[0] <= now < OFF[1]:
            with time_machine.travel(now, tick=False):
                fetch()
                plan(now)
            Delivery.objects.filter(state="pending").update(state="accepted", settled_at=timezone.now())
        now += timedelta(hours=3)


def titles_had(subscriber: Subscriber) -> Counter[str]:
    papers = dict(Paper.objects.values_list("pk", "title"))
    selections = [one.selection for one in subscriber.deliveries.select_related("selection")]
    return Counter(papers[item["paper"]] for one in selections if one for item in one.items)


@pytest.mark.parametrize("by", ["worker", "cron"])
def test_off_from_thursday_evening_to_monday_morning_every_reader_gets_fridays_papers_once(
    site: HuggingFace, by: str
) -> None:
    agents = topic("agents", "agents")
    source(enabled=by == "worker")
    fetch = tasks.fetch_sources if by == "worker" else partial(call_command, "ingest", "huggingface")
    schedules = [
        Schedule(zone, hour, rhythm)
        for rhythm in (Rhythm.DAILY, Rhythm.WEEKDAYS, Rhythm.WEEKLY)
        for zone, hour in [
            ("UTC", 9),
            ("Pacific/Auckland", 7),
            ("America/Los_Angeles", 22),
            ("Asia/Kolkata", 0),
        ]
    ]
    readers = [
        reader(f"reader{number}@readers.example", topics=[agents], schedule=schedule, next_digest_at=BEGIN)
        for number, schedule in enumerate(schedules)
    ]
    live_through(fetch)
    days = [BEGIN.date() + timedelta(days=number) for number in range(1, 12)]
    for one in readers:
        had = titles_had(one)
        assert had[f"Agents of {FRIDAY}"] == 1, one.schedule
        assert {f"Agents of {day}" for day in days if day.weekday() < 5} <= set(had), one.schedule
        assert set(had.values()) == {1}, one.schedule
