"""Digests that wait for a source which announces all papers of a day in one go."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.ingestion import days
from digest.models import Paper, Release, Selection, Source, SourceDay
from digest.sources import SourceUnavailable, registry
from digest.sources.adapter import Announcement
from subscriptions.models import Delivery, SavedPaper, Subscriber
from subscriptions.planning.planner import plan
from tests.digest.sources.bulletin import BULLETIN
from tests.factories import edition, reader, topic

pytestmark = pytest.mark.django_db

TODAY = date(2025, 11, 5)  # a Wednesday
FOUR = datetime(2025, 11, 5, 4, tzinfo=UTC)  # when it announces
SEVEN = datetime(2025, 11, 5, 7, tzinfo=UTC)  # when readers are due
ANNOUNCES = replace(BULLETIN, announcement=Announcement(time(4), "UTC"))


@pytest.fixture(autouse=True)
def bulletin(monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source for which digests wait for an hour, with a paper of yesterday that everybody had."""
    monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, ANNOUNCES))
    source = Source.objects.create(
        name="bulletin", title="The Bulletin", adapter="bulletin", enabled=True, wait_minutes=60
    )
    yesterday = SEVEN - timedelta(days=1)
    edition("Agents of yesterday", day=yesterday.date(), now=yesterday, of="bulletin")
    SourceDay.objects.create(source=source, day=yesterday.date(), checked_at=yesterday, listed=1)
    return source


def covered() -> int:
    """The release up to which readers had their digests: the last there is."""
    return Release.objects.latest("pk").pk


def a_reader(address: str = "ada@readers.example", *queries: str) -> Subscriber:
    return reader(address, queries=queries or ["agents"], next_digest_at=SEVEN, covered=covered())


def arrives(*titles: str, at: datetime = SEVEN) -> None:
    """The source answers for today."""
    if titles:
        edition(*titles, day=TODAY, now=at, of="bulletin")
    SourceDay.objects.create(
        source=Source.objects.get(name="bulletin"), day=TODAY, checked_at=at, listed=len(titles)
    )


def sent_to(reader: Subscriber) -> list[list[str]]:
    """The titles of each digest of a reader."""
    digests = Delivery.objects.filter(subscriber=reader, state=Delivery.State.PENDING).order_by("pk")
    return [titles(one.selection) for one in digests if one.selection]


def titles(selection: Selection) -> list[str]:
    return sorted(Paper.objects.filter(pk__in=selection.papers).values_list("title", flat=True))


def test_a_digest_waits_for_the_papers_of_the_day_and_goes_when_they_come() -> None:
    ada = a_reader()
    plan(SEVEN)
    assert sent_to(ada) == []
    arrives("Agents of today", at=SEVEN + timedelta(minutes=20))
    plan(SEVEN + timedelta(minutes=21))
    assert sent_to(ada) == [["Agents of today"]]
    assert Selection.objects.get().lacking == ""


def test_after_the_wait_it_goes_says_so_and_the_rest_comes_next_time_once() -> None:
    ada = a_reader()
    edition("Agents elsewhere", day=TODAY, now=SEVEN, of="huggingface")
    plan(SEVEN + timedelta(minutes=59))
    assert sent_to(ada) == []
    plan(SEVEN + timedelta(minutes=60))
    assert sent_to(ada) == [["Agents elsewhere"]]
    assert Selection.objects.get().lacking == "The Bulletin"
    Delivery.objects.update(state=Delivery.State.ACCEPTED)
    arrives("Agents of today", at=SEVEN + timedelta(hours=3))
    for day in (1, 2):
        SourceDay.objects.create(
            source=Source.objects.get(name="bulletin"),
            day=TODAY + timedelta(days=day),
            checked_at=SEVEN + timedelta(days=day),
        )
        plan(SEVEN + timedelta(days=day))
    assert sent_to(ada) == [["Agents of today"]]


def test_only_readers_whose_filters_draw_on_the_source_wait() -> None:
    topic("elsewhere", "agents source:huggingface")
    others = [
        a_reader("bob@readers.example", "agents source:huggingface"),
        a_reader("cy@readers.example", "agents -source:bulletin"),
        reader(
            "di@readers.example",
            topics=[topic("there", "source:huggingface")],
            next_digest_at=SEVEN,
            covered=covered(),
        ),
        reader("eve@readers.example", chosen={"trending": 5}, next_digest_at=SEVEN, covered=covered()),
    ]
    waits = a_reader("ada@readers.example", "agents source:bulletin")
    plan(SEVEN)
    planned = set(Delivery.objects.values_list("subscriber", flat=True))
    assert planned == {one.pk for one in others}
    assert waits.pk not in planned
    assert not Selection.objects.exclude(lacking="").exists()


@pytest.mark.parametrize(
    ("hour", "waits"),
    [(2, False), (3, False), (4, True), (5, True)],
)
def test_who_is_due_long_before_the_announcement_is_not_held_for_it(hour: int, waits: bool) -> None:
    due = FOUR.replace(hour=hour) - timedelta(minutes=1)
    ada = a_reader()
    Subscriber.objects.update(next_digest_at=due)
    plan(due)
    assert Delivery.objects.filter(subscriber=ada).exists() is not waits


@pytest.mark.parametrize(
    ("change", "now"),
    [
        ({"wait_minutes": 0}, SEVEN),
        ({"enabled": False}, SEVEN),
        ({}, datetime(2025, 11, 8, 7, tzinfo=UTC)),  # a Saturday
        ({"adapter": "huggingface"}, SEVEN),  # grows all day
        ({"adapter": "gone"}, SEVEN),
    ],
)
def test_nobody_waits_where_there_is_nothing_to_wait_for(change: dict[str, object], now: datetime) -> None:
    Source.objects.filter(name="bulletin").update(**change)
    ada = a_reader()
    Subscriber.objects.update(next_digest_at=now)
    plan(now)
    assert Delivery.objects.filter(subscriber=ada).exists()


def test_a_day_that_is_announced_without_papers_is_here() -> None:
    ada = a_reader()
    arrives()
    plan(SEVEN)
    assert Delivery.objects.filter(subscriber=ada).exists()


def test_nobody_waits_for_papers_that_are_here_though_a_later_check_failed() -> None:
    ada = a_reader()
    arrives("Agents of today", at=FOUR + timedelta(minutes=10))
    failed = SourceUnavailable("Expected an answer, found none.")
    days.note_failure(Source.objects.get(name="bulletin"), TODAY, failed, SEVEN, asked=False)
    plan(SEVEN)
    assert sent_to(ada) == [["Agents of today"]]
    assert Selection.objects.get().lacking == ""


def test_readers_who_are_planned_one_by_one_wait_too() -> None:
    ada = a_reader()
    paper = Paper.objects.get()
    SavedPaper.objects.create(subscriber=ada, key=paper.key, paper=paper, origin="imported", saved_at=SEVEN)
    plan(SEVEN)
    assert not Delivery.objects.exists()
    plan(SEVEN + timedelta(hours=1))
    assert Delivery.objects.filter(subscriber=ada).exists()
