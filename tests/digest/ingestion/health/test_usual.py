"""What is usual for a source, and what is far from it."""

from datetime import date, timedelta

import pytest

from digest.ingestion.health.usual import is_far_fewer, missing_more, usual_number

FRIDAY = date(2025, 11, 7)


def fridays(*numbers: int) -> dict[date, int]:
    """So many papers on the Fridays before, the last first."""
    return {FRIDAY - timedelta(weeks=weeks): number for weeks, number in enumerate(numbers, start=1)}


@pytest.mark.parametrize(
    ("before", "usual"),
    [((20, 22, 18, 24), 21), ((20, 0, 0, 22, 18, 24), 21), ((20, 22, 18), None), ((), None)],
)
def test_the_same_weekday_of_earlier_weeks_is_compared(before: tuple[int, ...], usual: float | None) -> None:
    others = {day + timedelta(days=1): 500 for day in fridays(*before)}  # other weekdays say nothing
    assert usual_number(fridays(*before) | others, FRIDAY) == usual


@pytest.mark.parametrize(("number", "few"), [(5, False), (4, True), (1, True)])
def test_less_than_a_quarter_is_far_fewer(number: int, few: bool) -> None:
    assert is_far_fewer(number, 20) is few


def test_a_field_that_far_more_papers_lack_than_before_is_named() -> None:
    before = [({"organization": 5}, 10), ({"organization": 6, "abstract": 1}, 10)]
    assert missing_more({"abstract": 4, "organization": 7}, 10, before) == {"abstract": (4, 0.05)}
    assert missing_more({"abstract": 4}, 4, before) == {}  # too few papers to say
    assert missing_more({"abstract": 4}, 10, []) == {}
