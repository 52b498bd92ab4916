"""Problems of sources are found, stand once, and end by themselves."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from digest.ingestion.health.watch import watch
from digest.ingestion.health.wording import told
from digest.models import Source, SourceDay, SourceProblem
from digest.sources import registry
from digest.sources.adapter import Announcement
from tests.digest.sources.bulletin import BULLETIN
from tests.factories import source

pytestmark = pytest.mark.django_db

FRIDAY = date(2025, 11, 7)
SATURDAY_NOON = datetime(2025, 11, 8, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def healthy(now: datetime = SATURDAY_NOON, **values: Any) -> Source:
    row = source("papers", adapter="bulletin")
    values = {"enabled": True, "checked_at": now - MINUTE, "succeeded_at": now - MINUTE} | values
    Source.objects.filter(pk=row.pk).update(**values)
    return row


def listed(row: Source, day: date, papers: int, *, hours: int = 30, **values: Any) -> None:
    """The source listed so many papers on `day`, as it was answered so many hours after midnight."""
    at = datetime.combine(day, time(), UTC) + timedelta(hours=hours)
    SourceDay.objects.update_or_create(
        source=row, day=day, defaults={"listed": papers, "checked_at": at} | values
    )


def usual_weeks(row: Source, papers: int = 20, last: date = FRIDAY) -> None:
    for days in range(1, 57):
        day = last - timedelta(days=days)
        listed(row, day, papers if day.weekday() < 5 else 0)


def open_problems(now: datetime = SATURDAY_NOON) -> list[tuple[str, date | None]]:
    watch(now)
    return [(one.kind, one.day) for one in SourceProblem.objects.open()]


def words(now: datetime = SATURDAY_NOON) -> str:
    watch(now)
    said = told(SourceProblem.objects.open().get())
    return f"{said.what} {said.detail}".strip()


def test_an_ordinary_week_is_no_problem() -> None:
    row = healthy()
    usual_weeks(row)
    listed(row, FRIDAY, 17)
    listed(row, FRIDAY + timedelta(days=1), 0, hours=12)
    assert open_problems() == []


def test_a_weekday_without_papers_is_told_when_it_is_over() -> None:
    row = healthy()
    usual_weeks(row)
    listed(row, FRIDAY, 0, hours=20)
    assert open_problems(SATURDAY_NOON - timedelta(hours=14)) == []
    listed(row, FRIDAY, 0)
    assert words() == "Papers listed no paper on Friday 7 November 2025. About 20 are usual on such a day."
    listed(row, FRIDAY, 18)  # it came after all
    assert open_problems() == []


def test_far_fewer_papers_than_on_other_fridays_are_told() -> None:
    row = healthy()
    usual_weeks(row)
    listed(row, FRIDAY, 4)
    assert words() == (
        "Papers listed far fewer papers than usual on Friday 7 November 2025. "
        "4 papers. About 20 are usual on such a day."
    )


def test_a_field_that_goes_missing_is_named_with_figures() -> None:
    row = healthy()
    usual_weeks(row)
    listed(row, FRIDAY, 20, empty_fields={"abstract": 12, "organization": 1})
    assert words() == (
        "The papers of Papers on Friday 7 November 2025 lack more than usual. "
        "abstract: 12 of 20 are without, 0 % are usual."
    )


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("unreachable", "Papers cannot be reached. The site answered 503."),
        ("challenge", "Papers asks for proof of being human. The site answered 503."),
        ("refused", "Papers refuses what it is asked for. The site answered 503."),
        ("changed", "Papers could not be read. The site answered 503."),
        ("wrong_day", "Papers answers with another day than the one asked for. The site answered 503."),
    ],
)
def test_a_check_that_fails_for_half_an_hour_is_told_by_its_kind(kind: str, what: str) -> None:
    before = SATURDAY_NOON - 29 * MINUTE
    healthy(succeeded_at=before, error="The site answered 503.\nmore", error_kind=kind)
    assert open_problems() == []
    assert words(SATURDAY_NOON + MINUTE) == what


def test_a_source_that_nobody_checks_is_told() -> None:
    healthy(checked_at=SATURDAY_NOON - timedelta(hours=2))
    assert open_problems() == [("unchecked", None)]


def test_a_source_that_was_never_checked_is_told_two_hours_after_it_was_enabled() -> None:
    healthy(checked_at=None, enabled_at=SATURDAY_NOON - timedelta(hours=1))
    assert open_problems() == []
    assert open_problems(SATURDAY_NOON + timedelta(hours=1)) == [("unchecked", None)]


def test_nothing_new_for_longer_than_the_operator_bears_is_told() -> None:
    row = healthy(quiet_days=7)
    listed(row, FRIDAY - timedelta(days=7), 1)
    assert words() == (
        "Papers has listed nothing new for 8 days. The last papers were of Friday 31 October 2025."
    )
    Source.objects.update(quiet_days=0)
    assert open_problems() == []


def test_a_source_that_never_listed_anything_is_told_of_too() -> None:
    healthy(quiet_days=7, enabled_at=SATURDAY_NOON - timedelta(days=7))
    assert open_problems() == []
    Source.objects.update(enabled_at=SATURDAY_NOON - timedelta(days=8))
    assert words() == "Papers has listed nothing new for 8 days. It has never listed a paper."


@pytest.fixture
def announces(monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source that announces each weekday's papers at four in the morning."""
    adapter = replace(BULLETIN, announcement=Announcement(time(4), "UTC"))
    monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, adapter))
    return healthy(datetime(2025, 11, 7, 8, tzinfo=UTC))


def test_a_day_that_was_not_announced_is_stale_after_three_hours(announces: Source) -> None:
    listed(announces, FRIDAY - timedelta(days=1), 20)
    assert open_problems(datetime(2025, 11, 7, 6, 59, tzinfo=UTC)) == []
    eight = datetime(2025, 11, 7, 8, tzinfo=UTC)
    assert words(eight) == "Papers has not announced the papers of Friday 7 November 2025."
    listed(announces, FRIDAY, 20, hours=8)
    assert open_problems(eight + MINUTE) == []


def test_a_holiday_that_it_announces_is_right(announces: Source) -> None:
    usual_weeks(announces)
    listed(announces, FRIDAY, 0, hours=5)
    assert open_problems(datetime(2025, 11, 7, 8, tzinfo=UTC)) == []


def test_too_few_papers_of_an_announcement_are_told_at_once(announces: Source) -> None:
    usual_weeks(announces)
    listed(announces, FRIDAY, 2, hours=5)
    assert open_problems(datetime(2025, 11, 7, 8, tzinfo=UTC)) == [("few", FRIDAY)]


def test_a_problem_stands_once_and_keeps_its_newest_figures() -> None:
    row = healthy()
    usual_weeks(row)
    for papers in (1, 2, 3):
        listed(row, FRIDAY, papers)
        watch(SATURDAY_NOON)
    problem = SourceProblem.objects.get()
    assert problem.facts["listed"] == 3


def test_what_the_operator_called_right_stays_so_until_it_is_over() -> None:
    row = healthy()
    usual_weeks(row)
    listed(row, FRIDAY, 0)
    watch(SATURDAY_NOON)
    SourceProblem.objects.update(accepted_at=SATURDAY_NOON)
    assert open_problems(SATURDAY_NOON + timedelta(hours=1)) == []
    assert SourceProblem.objects.count() == 1
    Source.objects.update(checked_at=SATURDAY_NOON + timedelta(days=8))
    watch(SATURDAY_NOON + timedelta(days=8))  # by then it is history
    assert SourceProblem.objects.get(kind="empty").cleared_at is not None


def test_a_disabled_source_has_no_problems() -> None:
    healthy(error="gone", error_kind="changed", succeeded_at=None)
    assert open_problems() == [("changed", None)]
    Source.objects.update(enabled=False)
    assert open_problems() == []
