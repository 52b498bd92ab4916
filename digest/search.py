"""Search: the stored papers that a query keeps, over any stretch of days."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Max

from digest.matching import Index, Query
from digest.models import Paper


@dataclass(frozen=True, slots=True)
class Found:
    """What a query keeps: `papers` are primary keys, newest day first; `per_day` counts them by day.

    A paper's day is that of the edition that first listed it; days without a match are left out.
    """

    papers: tuple[int, ...]
    per_day: Mapping[date, int]


def find(query: Query, since: date | None = None, until: date | None = None) -> Found:
    """The papers of the days `since` to `until` (both included; None: without end) that `query` keeps."""
    index = _index(since, until, Paper.objects.aggregate(at=Max("updated_at"))["at"])
    papers: list[Paper] = [index.papers[n] for n in index.numbers(index.search(query.root))]  # type: ignore[misc]
    return Found(tuple(paper.pk for paper in papers), Counter(paper.day for paper in papers))


@lru_cache(maxsize=4)
def _index(since: date | None, until: date | None, _as_of: datetime | None) -> Index:
    papers = Paper.objects.order_by("-day", "-pk")
    if since:
        papers = papers.filter(day__gte=since)
    if until:
        papers = papers.filter(day__lte=until)
    return Index(list(papers))
