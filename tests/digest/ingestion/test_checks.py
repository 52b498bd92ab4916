"""A check of a source: what is asked for, stored, released and noted for the operator."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from pytest_django import Settings

from digest import tasks
from digest.ingestion import checks, fetchers
from digest.ingestion.fetch_right import only_here
from digest.ingestion.raw_answers import answers
from digest.models import Edition, EditionEntry, Source, SourceDay
from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.http.client import Timing
from digest.sources.jsonl import JSON_LINES
from tests.digest.ingestion.hugging_face import SITE, HuggingFace, listed, playing
from tests.factories import DAY, NOW, record, source

pytestmark = pytest.mark.django_db

ONE, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[HuggingFace]:
    """Plays Hugging Face; between two attempts nobody waits."""
    monkeypatch.setattr(fetchers, "Timing", partial(Timing, sleep=lambda seconds: None))
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        yield site


def enabled(since: date = DAY) -> Source:
    return source(enabled=True, enabled_at=datetime.combine(since, time(9), UTC))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def released() -> list[str]:
    """The titles of the released papers, in the order of their releases."""
    entries = EditionEntry.objects.exclude(release=None).order_by("release_id", "position")
    return list(entries.values_list("paper__title", flat=True))


def days(**conditions: Any) -> list[date]:
    rows = SourceDay.objects.filter(**conditions).order_by("day")
    return list(rows.values_list("day", flat=True))


def three(until: date = DAY) -> list[date]:
    return [until - 2 * ONE, until - ONE, until]


def test_a_check_asks_for_the_days_that_may_list_more_and_notes_its_success(site: HuggingFace) -> None:
    assert checks.check(source(error="was down"), NOW) == []
    assert site.asked == three()
    stored = Source.objects.get()
    assert (stored.error, stored.checked_at, stored.succeeded_at) == ("", NOW, NOW)
    assert not Edition.objects.exists()


def test_a_day_that_may_list_more_is_asked_for_less_often_the_older_it_is(site: HuggingFace) -> None:
    for minutes in (0, 15, 60, 120):
        site.asked.clear()
        with suppress(SourceChanged):
            checks.check(enabled(DAY - 2 * ONE), NOW + timedelta(minutes=minutes))
        asked = {0: three(), 15: [DAY], 60: three()[1:], 120: three()}
        assert site.asked == asked[minutes]


def test_a_day_is_settled_by_the_first_answer_after_its_growth_and_not_asked_for_again(
    site: HuggingFace,
) -> None:
    site.lists({DAY: listed(DAY, "Early")})
    checks.check(enabled(), NOW)
    site.lists({DAY: listed(DAY, "Early", "Late")})
    checks.check(enabled(), noon(DAY + 3 * ONE))
    assert days(settled=True) == [DAY]
    assert released() == ["Early", "Late"]
    site.asked.clear()
    checks.check(enabled(), noon(DAY + 9 * ONE))
    assert DAY not in site.asked


def test_what_is_listed_after_midnight_is_not_lost_where_one_check_a_day_runs(site: HuggingFace) -> None:
    for number in range(4):
        late = number == 3
        site.lists({DAY: listed(DAY, "In time", *(["After midnight, two days later"] if late else []))})
        checks.check(source(), noon(DAY + number * ONE))
    assert released() == ["In time", "After midnight, two days later"]


def test_every_day_that_was_missed_since_the_source_was_enabled_is_caught_up_in_order(
    site: HuggingFace,
) -> None:
    away = [DAY + number * ONE for number in range(1, 8)]
    checks.check(enabled(), NOW)
    site.lists({day: listed(day, f"Of {day}") for day in [DAY - ONE, *away]})
    results = checks.check(enabled(), noon(away[-1]))
    assert site.asked == [DAY, DAY, *away]
    assert released() == [f"Of {day}" for day in away]
    assert [result.new for result in results] == [1] * 7
    assert days(settled=True) == [DAY, *away[:-3]]
    assert days(listed=1) == away


def test_a_long_absence_is_caught_up_some_days_at_a_time_with_today_always_among_them(
    site: HuggingFace,
) -> None:
    today = DAY + 40 * ONE
    site.answers = lambda day: listed(day, f"Of {day}")
    for check in range(3):
        checks.check(enabled(), noon(today) + check * timedelta(minutes=15))
        assert site.asked[-1] == today
        assert len(site.asked) <= 14
        site.asked.clear()
    assert days() == [*(DAY + number * ONE for number in range(3 * 13)), today]
    checks.check(enabled(), noon(today) + HOUR)
    assert days() == [DAY + number * ONE for number in range(41)]
    assert len(released()) == len(set(released())) == 41


def test_nothing_is_caught_up_from_before_the_source_was_enabled_or_half_a_year_ago(
    site: HuggingFace,
) -> None:
    checks.check(enabled(), NOW)
    assert site.asked == [DAY]
    site.asked.clear()
    checks.check(enabled(), noon(DAY + 300 * ONE))
    assert site.asked[0] == DAY + 120 * ONE


def test_a_source_that_a_command_fetches_catches_up_too(site: HuggingFace) -> None:
    """It was never enabled: nobody said since when its days are missed."""
    checks.check(source(), NOW)
    site.asked.clear()
    checks.check(source(), noon(DAY + 5 * ONE))
    assert site.asked == [DAY + number * ONE for number in range(-2, 6)]


def test_a_source_that_is_enabled_again_does_not_catch_up_what_it_missed_meanwhile(
    site: HuggingFace,
) -> None:
    checks.check(enabled(), NOW)
    Source.objects.update(enabled=False)
    tasks.fetch_sources()
    Source.objects.update(enabled=True)
    site.asked.clear()
    checks.check(Source.objects.get(), noon(DAY + 30 * ONE))
    assert site.asked == [DAY + 30 * ONE]


def test_one_day_that_cannot_be_read_does_not_stop_the_others(site: HuggingFace) -> None:
    yesterday = DAY - ONE
    site.lists({DAY: listed(DAY, "Today's"), yesterday: b"<html>somebody else's page</html>"})
    with pytest.raises(SourceChanged):
        checks.check(source(), NOW)
    assert released() == ["Today's"]
    stored = Source.objects.get()
    assert "xpected" in stored.error
    assert stored.succeeded_at is None
    assert days(error="") == [DAY - 2 * ONE, DAY]
    assert "xpected" in SourceDay.objects.get(day=yesterday).error


def test_a_day_that_could_be_read_only_later_is_released_then_as_new(site: HuggingFace) -> None:
    site.lists({DAY: b"[{", DAY + ONE: listed(DAY + ONE, "Next day's")})
    with pytest.raises(SourceChanged):
        checks.check(enabled(), noon(DAY + ONE))
    site.lists({DAY: listed(DAY, "Late"), DAY + ONE: listed(DAY + ONE, "Next day's")})
    checks.check(enabled(), noon(DAY + ONE) + HOUR)
    assert released() == ["Next day's", "Late"]
    assert days(error="") == [DAY, DAY + ONE]


def test_a_day_that_fails_alone_is_tried_less_and_less_often(site: HuggingFace) -> None:
    site.answers = lambda day: 404 if day == DAY else b"[]"
    for number in range(24):
        with suppress(SourceChanged):
            checks.check(enabled(DAY), noon(DAY + 5 * ONE) + number * timedelta(minutes=30))
    assert 3 <= site.asked.count(DAY) <= 6


def test_a_source_that_does_not_answer_is_not_asked_for_every_day_but_for_all_once_it_does(
    site: HuggingFace,
) -> None:
    today = DAY + 6 * ONE
    site.answers = lambda day: 503
    for quarter in range(5):
        with pytest.raises(SourceUnavailable, match="HTTP 503"):
            checks.check(enabled(), noon(today) + quarter * timedelta(minutes=15))
    assert set(site.asked) == {DAY, DAY + ONE, today}
    assert Source.objects.get().succeeded_at is None
    site.asked.clear()
    site.answers = lambda day: listed(day, f"Of {day}")
    checks.check(enabled(), noon(today) + 6 * HOUR)
    assert released() == [f"Of {DAY + number * ONE}" for number in range(7)]
    assert Source.objects.get().error == ""


def test_days_that_fail_alone_do_not_keep_others_from_being_caught_up(site: HuggingFace) -> None:
    broken = {DAY + number * ONE for number in range(5)}
    today = DAY + 9 * ONE
    site.answers = lambda day: 503 if day in broken else listed(day, f"Of {day}")
    for quarter in range(4):
        with suppress(SourceUnavailable):
            checks.check(enabled(), noon(today) + quarter * timedelta(minutes=15))
    assert len(released()) == 5


def test_a_changed_source_is_noted_before_one_that_is_down(site: HuggingFace) -> None:
    site.answers = lambda day: 503 if day == DAY else b"<html>other</html>"
    with pytest.raises(SourceChanged):
        checks.check(source(), NOW)
    assert "found" in Source.objects.get().error
    assert "HTTP 503" not in Source.objects.get().error


def test_every_answer_is_kept_also_one_that_cannot_be_read(site: HuggingFace) -> None:
    site.lists({DAY: listed(DAY, "Today's"), DAY - ONE: b"<html>somebody else's page</html>"})
    with pytest.raises(SourceChanged):
        checks.check(source(), NOW)
    kept = {answer.day: (answer.format, answer.parts) for answer in answers(source(), DAY - ONE, DAY)}
    assert kept == {
        DAY: ("api-json", (listed(DAY, "Today's"),)),
        DAY - ONE: ("", (b"<html>somebody else's page</html>",)),
    }


def test_a_page_whose_next_page_did_not_come_is_no_answer(site: HuggingFace) -> None:
    site.answers, site.further = lambda day: listed(day, "First"), lambda day: 503
    with pytest.raises(SourceUnavailable):
        checks.check(enabled(), NOW)
    assert list(answers(source(), DAY, DAY)) == []
    assert released() == []
    site.further = lambda day: b"{}"
    with pytest.raises(SourceChanged):
        checks.check(enabled(), NOW + HOUR)
    assert [answer.parts for answer in answers(source(), DAY, DAY)] == [(listed(DAY, "First"), b"{}")]


def test_what_is_fetched_must_be_of_a_format_of_the_sources_own(site: HuggingFace) -> None:
    """A file of JSON Lines can be ingested by hand; Hugging Face does not answer so."""
    site.answers = lambda day: str(record("First", day=str(day))).replace("'", '"').encode()
    with pytest.raises(SourceChanged, match=r"Expected .*Hugging Face"):
        checks.check(source(), NOW)
    assert released() == []


def test_what_did_not_change_is_not_sent_again_and_read_from_what_is_kept(site: HuggingFace) -> None:
    site.answers = lambda day: listed(day, f"Of {day}")
    checks.check(enabled(), NOW)
    EditionEntry.objects.all().delete()
    checks.check(enabled(), NOW + HOUR)
    assert site.unsent == 1
    assert released() == [f"Of {DAY}"]


def test_a_page_that_could_not_be_read_is_asked_for_again_as_a_whole(site: HuggingFace) -> None:
    site.answers = lambda day: b"<html>challenge</html>"
    for minutes in (0, 15):
        with pytest.raises(SourceChanged):
            checks.check(enabled(), NOW + timedelta(minutes=minutes))
    assert (len(site.asked), site.unsent) == (2, 0)


def test_a_source_learns_who_asks_and_whom_to_tell(site: HuggingFace, settings: Settings) -> None:
    settings.SITE_URL, settings.SITE_URL_IS_SET = "https://digest.example.org", True
    settings.OPERATOR_EMAIL = "Ada <ada@example.org>"
    checks.check(enabled(), NOW)
    agent = site.requests[0]["User-Agent"]
    assert agent.startswith("paper-digest/")
    assert "https://digest.example.org" in agent
    assert "mailto:ada@example.org" in agent


def test_a_source_is_fetched_by_one_process_at_a_time(site: HuggingFace) -> None:
    with only_here(enabled()), pytest.raises(SourceUnavailable, match="by another process"):
        checks.check(enabled(), NOW)
    assert site.asked == []
    assert Source.objects.get().error == ""
    checks.check(enabled(), NOW)
    assert site.asked == [DAY]


def test_a_process_that_was_given_up_does_not_go_on(site: HuggingFace) -> None:
    with only_here(enabled()) as going_on:
        Source.objects.update(fetching_until=NOW)
        with only_here(enabled()), pytest.raises(SourceUnavailable, match="by another process"):
            going_on()


@pytest.mark.parametrize(
    ("adapter", "found"), [("gone", "found “gone”"), (JSON_LINES.name, "found Papers as JSON Lines")]
)
def test_a_source_that_cannot_be_fetched_says_so(adapter: str, found: str) -> None:
    with pytest.raises(SourceChanged, match=found):
        checks.check(source("odd", adapter=adapter), NOW)
    assert found in Source.objects.get().error
