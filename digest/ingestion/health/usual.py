"""What is usual for a source on a weekday, and what is far from it. Pure.

Measured on 499 days of Hugging Face Daily Papers: a day with fewer than a quarter of the median of the eight
same weekdays before it comes 4 times a year (on days beside holidays in the United States), with fewer than a
third 8 times, with fewer than half 21 times.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from statistics import median

FEW = 0.25  # of the usual number
WEEKS = 8
LEAST_DAYS = 4  # with papers, to say what is usual
MISSING_MORE = 0.3  # of a day's papers, beyond the usual share
LEAST_PAPERS = 5  # of a day, to judge its fields


def usual_number(listed: Mapping[date, int], day: date) -> float | None:
    """The median number of papers on the same weekday of earlier weeks, of those with any; None: too few."""
    before = [listed.get(day - timedelta(weeks=weeks), 0) for weeks in range(1, WEEKS + 1)]
    known = [number for number in before if number]
    return median(known) if len(known) >= LEAST_DAYS else None


def is_far_fewer(number: int, usual: float) -> bool:
    """Whether so many papers are far fewer than usual."""
    return number < usual * FEW


def missing_more(
    empty: Mapping[str, int], papers: int, before: Sequence[tuple[Mapping[str, int], int]]
) -> dict[str, tuple[int, float]]:
    """The fields that far more of a day's `papers` lack than those of the days `before`.

    `empty` counts, by field, the papers without it; the pairs of counts and papers of earlier days do so,
    too. Each field found is given with its count and its usual share.
    """
    earlier = sum(number for _, number in before)
    if papers < LEAST_PAPERS or not earlier:
        return {}
    usual = {name: sum(counts.get(name, 0) for counts, _ in before) / earlier for name in empty}
    return {
        name: (count, usual[name])
        for name, count in empty.items()
        if count / papers >= usual[name] + MISSING_MORE
    }
