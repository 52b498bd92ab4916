"""Sources that are asked for what they list now: feeds, alone or with days for what was missed."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from digest.ingestion import checks
from digest.models import EditionEntry, Source, SourceDay
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable, registry
from digest.sources.adapter import Adapter, Announcement, Format, Get
from digest.sources.record_fields import build_record
from tests.factories import DAY, source

pytestmark = pytest.mark.django_db

ONE = timedelta(days=1)
NEW_YORK = Announcement(time(0, 30), "America/New_York")


@dataclass
class Feed:
    """What a feed of invented lines lists (“2025-11-05 Title”, or only “Title”), and what it is asked for."""

    lines: list[str] = field(default_factory=list)
    is_down: bool = False
    issued: date | None = None
    past: dict[date, list[str]] = field(default_factory=dict)
    asked: list[date | None] = field(default_factory=list)

    def adapter(self, announcement: Announcement | None, *, by_day: bool) -> Adapter:
        def latest(_get: Get) -> list[bytes]:
            self.asked.append(None)
            if self.is_down:
                raise SourceUnavailable("Expected an answer, found none.")
            return [self._text(self.lines)]

        def of_day(day: date, _get: Get) -> list[bytes]:
            self.asked.append(day)
            return [self._text([f"{day} {title}" for title in self.past.get(day, [])])]

        return Adapter(
            name="lines",
            title="Lines",
            formats=(Format("lines", lambda raw: raw.startswith(b"lines"), self._parse),),
            fetch_latest=latest,
            fetch_day=of_day if by_day else None,
            announcement=announcement,
            growing_days=1 if announcement else 3,
        )

    def _text(self, lines: list[str]) -> bytes:
        return "\n".join(["lines", *lines]).encode()

    def _parse(self, raw: bytes, day: date | None, today: date) -> ParsedAnswer:
        papers = tuple(
            build_record(today, title=line, undated=True)
            if line[:1].isalpha()
            else build_record(date.fromisoformat(line[:10]), title=line[11:])
            for line in raw.decode().splitlines()[1:]
        )
        about = day or max((paper.day for paper in papers), default=today)
        return ParsedAnswer(about, "lines", papers, (), issued=self.issued)


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Feed]:
    def made(announcement: Announcement | None = None, *, by_day: bool = False, pause: float = 0) -> Feed:
        feed = Feed()
        adapter = replace(feed.adapter(announcement, by_day=by_day), pause=pause)
        monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, adapter))
        return feed

    return made


def ours(since: date = DAY) -> Source:
    return source("ours", adapter="lines", enabled=True, enabled_at=noon(since))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def released() -> list[str]:
    entries = EditionEntry.objects.exclude(release=None).order_by("release_id", "position")
    return list(entries.values_list("paper__title", flat=True))


def known() -> dict[date, tuple[int, bool]]:
    return {row.day: (row.listed, row.settled) for row in SourceDay.objects.order_by("day")}


def test_a_source_that_is_not_worth_asking_at_each_check_is_left_alone_for_its_pause(
    feed: Callable[..., Feed],
) -> None:
    index = feed(pause=3_600)
    for minutes in (0, 15, 60):
        checks.check(ours(), noon(DAY) + timedelta(minutes=minutes))
    assert len(index.asked) == 2
    checks.check(ours(), noon(DAY) + timedelta(minutes=61), at_once=True)
    assert len(index.asked) == 3
    index.is_down = True
    for minutes in (130, 131):
        with pytest.raises(SourceUnavailable):
            checks.check(ours(), noon(DAY) + timedelta(minutes=minutes))


def test_what_a_feed_lists_from_before_it_was_enabled_is_stored_but_new_to_nobody(
    feed: Callable[..., Feed],
) -> None:
    blog = feed()
    blog.lines = [f"{DAY} New", f"{DAY - ONE} Of yesterday", f"{DAY - 300 * ONE} Of last year"]
    checks.check(ours(), noon(DAY))
    blog.lines = [f"{DAY + ONE} Newer", *blog.lines]
    checks.check(ours(), noon(DAY + ONE))
    assert released() == ["New", "Newer"]
    assert EditionEntry.objects.count() == 4


def test_what_a_feed_adds_later_is_new_whatever_day_its_journal_gives_it(feed: Callable[..., Feed]) -> None:
    journal = feed()
    journal.lines = [f"{DAY - 20 * ONE} Listed from the start"]
    checks.check(ours(), noon(DAY))
    journal.lines += [f"{DAY - 10 * ONE} Added later", f"{DAY - 300 * ONE} Too old to be new"]
    for number in (1, 2):
        checks.check(ours(), noon(DAY + number * ONE))
    assert released() == ["Added later"]


def test_what_a_feed_listed_while_it_was_disabled_is_new_to_nobody(feed: Callable[..., Feed]) -> None:
    journal = feed()
    checks.check(ours(), noon(DAY))
    Source.objects.update(enabled=False)
    Source.objects.note_enabled(noon(DAY + ONE))
    journal.lines = [f"{DAY + 5 * ONE} Meanwhile", "Meanwhile, without a day"]
    Source.objects.update(enabled=True)
    for number in (9, 10):
        checks.check(Source.objects.get(), noon(DAY + number * ONE))
    assert released() == []


def test_of_a_list_without_days_only_what_is_added_later_is_new(feed: Callable[..., Feed]) -> None:
    blog = feed()
    blog.lines = ["Old post", "Older post"]
    checks.check(ours(), noon(DAY))
    blog.lines = ["New post", *blog.lines]
    for number in range(1, 4):
        checks.check(ours(), noon(DAY + number * ONE))
    assert released() == ["New post"]
    assert EditionEntry.objects.count() == 3


def test_a_feed_brings_after_an_outage_what_it_still_lists_in_order_of_day(
    feed: Callable[..., Feed],
) -> None:
    blog = feed()
    checks.check(ours(), noon(DAY))
    blog.lines = [f"{DAY + number * ONE} Of day {number}" for number in (5, 3, 1)]
    checks.check(ours(), noon(DAY + 5 * ONE))
    assert released() == ["Of day 1", "Of day 3", "Of day 5"]
    assert {day: listed for day, (listed, _) in known().items()} == {
        DAY: 0,
        **{DAY + number * ONE: 1 for number in (1, 3, 5)},
    }


def test_a_feed_that_has_forgotten_a_days_papers_did_not_unlist_them(feed: Callable[..., Feed]) -> None:
    blog = feed()
    blog.lines = [f"{DAY} First", f"{DAY} Second"]
    checks.check(ours(), noon(DAY))
    blog.lines = [f"{DAY + ONE} Third", f"{DAY} Second"]
    checks.check(ours(), noon(DAY + ONE))
    assert known() == {DAY: (2, False), DAY + ONE: (1, False)}


def test_days_on_which_a_feed_was_missed_are_asked_for_once_and_released_first(
    feed: Callable[..., Feed],
) -> None:
    arxiv = feed(NEW_YORK, by_day=True)
    thursday, friday, monday = DAY + ONE, DAY + 2 * ONE, DAY + 5 * ONE
    arxiv.lines = [f"{thursday} Of Thursday"]
    checks.check(ours(thursday), noon(thursday))
    arxiv.lines, arxiv.past = [f"{monday} Of Monday"], {friday: ["Of Friday"]}
    checks.check(ours(), noon(monday))
    checks.check(ours(), noon(monday) + timedelta(minutes=15))
    assert arxiv.asked == [None, friday, None, None]
    assert released() == ["Of Thursday", "Of Friday", "Of Monday"]
    assert known() == {thursday: (1, True), friday: (1, True), monday: (1, True)}


def test_a_day_on_which_the_feed_was_down_is_asked_for_as_soon_as_it_is_over(
    feed: Callable[..., Feed],
) -> None:
    arxiv = feed(NEW_YORK, by_day=True)
    thursday, friday = DAY + ONE, DAY + 2 * ONE
    arxiv.past, arxiv.is_down = {DAY: ["Of Wednesday"], thursday: ["Of Thursday"]}, True
    for hours in range(17):
        with pytest.raises(SourceUnavailable):
            checks.check(ours(), noon(thursday) + timedelta(hours=hours))
    assert arxiv.asked.count(DAY) == 1
    with pytest.raises(SourceUnavailable):
        checks.check(ours(), noon(friday) - timedelta(hours=6))
    assert released() == ["Of Wednesday", "Of Thursday"]


def test_a_weekday_without_papers_is_asked_for_again_when_it_is_over(feed: Callable[..., Feed]) -> None:
    """The feed may have been empty for another reason than a holiday."""
    arxiv = feed(NEW_YORK, by_day=True)
    checks.check(ours(), noon(DAY))
    assert known() == {DAY: (0, False)}
    arxiv.past = {DAY: ["After all"]}
    checks.check(ours(), noon(DAY + ONE))
    assert released() == ["After all"]
    assert known()[DAY] == (1, True)


def test_a_weekend_is_no_day_that_was_missed(feed: Callable[..., Feed]) -> None:
    arxiv = feed(NEW_YORK, by_day=True)
    friday = DAY + 2 * ONE
    arxiv.lines = [f"{friday} Of Friday"]
    for number in range(4):
        checks.check(ours(friday), noon(friday + number * ONE) if number < 3 else noon(friday + 2 * ONE))
    assert set(arxiv.asked) == {None}
    assert Source.objects.get().error == ""


def test_a_list_made_today_that_has_yesterdays_papers_is_stale_not_quiet(feed: Callable[..., Feed]) -> None:
    arxiv = feed(NEW_YORK, by_day=True)
    arxiv.lines, arxiv.issued = [f"{DAY} Of Wednesday"], DAY
    checks.check(ours(), noon(DAY))
    arxiv.issued = DAY + ONE
    for hours in range(12):
        with pytest.raises(SourceChanged, match="it is stale"):
            checks.check(ours(), noon(DAY + ONE) + timedelta(hours=hours))
    assert "stale" in SourceDay.objects.get(day=DAY + ONE).error
    arxiv.past = {DAY + ONE: ["Of Thursday"]}
    arxiv.lines, arxiv.issued = [f"{DAY + 2 * ONE} Of Friday"], DAY + 2 * ONE
    checks.check(ours(), noon(DAY + 2 * ONE) - timedelta(hours=6))
    assert released() == ["Of Wednesday", "Of Thursday", "Of Friday"]
    assert set(SourceDay.objects.values_list("error", flat=True)) == {""}


def test_before_the_hour_of_the_announcement_yesterdays_papers_are_right(feed: Callable[..., Feed]) -> None:
    arxiv = feed(NEW_YORK, by_day=True)
    arxiv.lines, arxiv.issued = [f"{DAY} Of Wednesday"], DAY + ONE
    just_after_midnight_there = datetime.combine(DAY + ONE, time(5, 10), UTC)
    checks.check(ours(), just_after_midnight_there)
    assert Source.objects.get().error == ""
