"""When arXiv announces what was submitted when."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.sources.arxiv.announcement_days import announced_on, moment_of, submitted_for

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("submitted", "announced"),
    [
        ("2026-09-21 13:59", "2026-09-22"),  # Monday
        ("2026-09-21 14:00", "2026-09-23"),
        ("2026-09-24 13:59", "2026-09-25"),  # Thursday
        ("2026-09-24 14:00", "2026-09-28"),
        ("2026-09-25 13:59", "2026-09-28"),  # Friday: announced on Sunday evening
        ("2026-09-25 14:00", "2026-09-29"),
        ("2026-09-26 03:00", "2026-09-29"),
        ("2026-09-28 13:59", "2026-09-29"),
    ],
)
def test_a_paper_is_announced_after_the_next_closing_time(submitted: str, announced: str) -> None:
    moment = datetime.fromisoformat(submitted).replace(tzinfo=NEW_YORK)
    assert announced_on(moment) == date.fromisoformat(announced)


def test_whatever_hour_of_a_year_a_paper_comes_in_it_is_in_the_edition_whose_time_it_is() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    while moment.year == 2026:
        day = announced_on(moment)
        first, last = submitted_for(day)
        assert day.weekday() < 5
        assert first <= moment < last, moment
        moment += timedelta(hours=1)


def test_no_paper_is_submitted_for_a_weekend() -> None:
    for day in (date(2026, 9, 26), date(2026, 9, 27)):
        first, last = submitted_for(day)
        assert first == last


@pytest.mark.parametrize("text", ["", "yesterday", "2026", "Thu, 45 Sep 2026 00:00:00 GMT", "0001-01-01"])
def test_what_is_no_date_of_arxiv_is_no_moment(text: str) -> None:
    assert moment_of(text) is None
