"""Search all stored papers with the query language: exactly the papers that matching would keep.

papers → segments of 1,024 with an index each, in the database → the same engine as for new papers
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

import numpy as np
from django.db import transaction
from django.db.models import Count, F, Max, Sum
from numpy.typing import NDArray

from digest.lib.messages import deferred
from digest.matching import (
    Index,
    Query,
    QuerySyntaxError,
    index_of,
    parse_query,
    search,
    search_titles,
    topics_of,
)
from digest.matching.ast import Number
from digest.matching.percolator.topic_assignment import packed
from digest.matching.proposing.engine import bits_in
from digest.matching.topics.model_version import version
from digest.models import IndexSegment, Paper, release_lock
from digest.models.index_segment import SIZE
from digest.models.paper import LISTED
from digest.selection.liked_papers import known

MOST_TERMS = 40  # anybody may search, and each word costs the server time
KEPT_OPEN = 32  # segments, of about 4 MB each


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Primary keys of papers, newest day first or best titles first, and how many there are of each day."""

    papers: tuple[int, ...]
    per_day: Mapping[date, int]


@dataclass(frozen=True)
class Segment:
    """A segment in memory."""

    papers: NDArray[np.int64]
    index: Index

    @cached_property
    def days(self) -> NDArray[np.int64]:
        return self.index.numbers[Number.DAY]


def visitors_query(text: str) -> Query:
    """The query that a visitor wrote; QuerySyntaxError if it cannot be read, or is too long for anybody's."""
    query = parse_query(text)
    if query.size > MOST_TERMS:
        hint = deferred("At most %(most)s words and phrases; search for some of them.", most=MOST_TERMS)
        raise QuerySyntaxError(deferred("The query is too long"), text, 0, hint)
    return known(query, text)


def find(
    query: Query, since: date | None = None, until: date | None = None, *, titles_first: bool = False
) -> SearchResult:
    """The stored papers that `query` keeps, of those first listed on `since` or later, `until` or earlier.

    With `titles_first` those whose title has all the words come before those whose title has some, and these
    before the others, or those most like a paper that the query names come first; else, and among equals, the
    newest do.
    """
    refresh()
    segments = IndexSegment.objects.filter(made_by=version())
    if since:
        segments = segments.filter(last_day__gte=since)
    if until:
        segments = segments.filter(first_day__lte=until)
    low = since.toordinal() if since else 0
    high = until.toordinal() if until else date.max.toordinal()
    days, papers, ranks = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    for pk in segments.values_list("pk", flat=True):
        try:
            segment = open_segment(pk)
        except IndexSegment.DoesNotExist:  # another took its place this moment
            return find(query, since, until, titles_first=titles_first)
        kept, rank = _search(query, segment.index, titles_first=titles_first)
        dated = (segment.days[kept] >= low) & (segment.days[kept] <= high)
        days.append(segment.days[kept[dated]])
        papers.append(segment.papers[kept[dated]])
        ranks.append(rank[dated])
    all_days, all_papers = np.concatenate(days), np.concatenate(papers)
    order = np.lexsort((all_papers, all_days, np.concatenate(ranks)))[::-1]
    per_day = Counter(all_days[order].tolist())
    return SearchResult(
        tuple(all_papers[order].tolist()),
        {date.fromordinal(day): count for day, count in per_day.items()},
    )


@dataclass(frozen=True)
class Corpus:
    """The stored papers of some days, against which many queries are matched at once.

    Bit n of what `bits` gives stands for `papers[n]`; those of other days are None.
    """

    papers: tuple[int | None, ...]
    _indexes: tuple[Index, ...]

    @cached_property
    def number_of(self) -> Mapping[int, int]:
        """The number of each paper by its primary key."""
        return {pk: number for number, pk in enumerate(self.papers) if pk is not None}

    @cached_property
    def _all(self) -> int:
        return self.mask(self.number_of)

    def mask(self, papers: Iterable[int]) -> int:
        """The bits of those of `papers`, primary keys, that belong to it."""
        return sum(1 << self.number_of[pk] for pk in {*papers} & self.number_of.keys())

    def bits(self, queries: Sequence[Query]) -> list[int]:
        """For each query the papers that it keeps."""
        kept, offset = [0] * len(queries), 0
        for index in self._indexes:
            kept = [a | b << offset for a, b in zip(kept, bits_in(index, queries), strict=True)]
            offset += index.count
        return [bits & self._all for bits in kept]


def corpus_since(day: date) -> Corpus:
    """The stored papers first listed on `day` or later."""
    refresh()
    segments = IndexSegment.objects.filter(made_by=version(), last_day__gte=day)
    try:
        opened = [open_segment(pk) for pk in segments.values_list("pk", flat=True)]
    except IndexSegment.DoesNotExist:  # another took its place this moment
        return corpus_since(day)
    papers = [
        pk if listed >= day.toordinal() else None
        for segment in opened
        for pk, listed in zip(segment.papers.tolist(), segment.days.tolist(), strict=True)
    ]
    return Corpus(tuple(papers), tuple(segment.index for segment in opened))


def _search(query: Query, index: Index, *, titles_first: bool) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """The papers that `query` keeps, and the rank of each one's title, if it counts."""
    if titles_first:
        return search_titles(query, index)
    kept = search(query, index)
    return kept, np.zeros(len(kept), np.uint8)


def refresh() -> None:
    """Bring the index segments up to date with the papers; quick if they are."""
    current = IndexSegment.objects.filter(made_by=version())
    papers = Paper.objects.filter(LISTED).aggregate(count=Count("pk"), stamp=Max("updated_at"))
    segments = current.aggregate(count=Sum("count"), stamp=Max("stamp"))
    if (papers["count"], papers["stamp"]) == (segments["count"] or 0, segments["stamp"]):
        return
    stored = {
        number: (count, stamp) for number, count, stamp in current.values_list("number", "count", "stamp")
    }
    groups = Paper.objects.filter(LISTED).order_by().values(segment=F("pk") / SIZE)
    wanted = {
        group["segment"]: (group["count"], group["stamp"])
        for group in groups.annotate(count=Count("pk"), stamp=Max("updated_at"))
    }
    IndexSegment.objects.exclude(number__in=wanted).delete()
    for number, state in wanted.items():
        if stored.get(number) != state:
            _build(number)


def _build(number: int) -> None:
    """Make one segment anew from its papers."""
    span = range(number * SIZE, (number + 1) * SIZE)
    papers = list(Paper.objects.filter(LISTED, pk__gte=span.start, pk__lt=span.stop).order_by("pk"))
    if not papers:
        return
    classify(papers)
    days = [paper.day for paper in papers]
    segment = IndexSegment(
        number=number,
        count=len(papers),
        stamp=max(paper.updated_at for paper in papers),
        made_by=version(),
        first_day=min(days),
        last_day=max(days),
        papers=np.array([paper.pk for paper in papers], np.int64).tobytes(),
        index=index_of(papers).dump(),
    )
    with transaction.atomic():
        IndexSegment.objects.filter(number=number).delete()
        IndexSegment.objects.bulk_create([segment], ignore_conflicts=True)


def classify(papers: Iterable[Paper]) -> None:
    """Store with each paper the topics it belongs to, where the present model has not classified it yet."""
    stale = [paper for paper in papers if paper.topic_matches is None]
    if not stale:
        return
    for paper, found in zip(stale, topics_of(stale), strict=True):
        paper.weighed = packed(found, paper)
    with release_lock():  # an ingest saves papers too, in another order
        Paper.objects.bulk_update(stale, ["weighed"], batch_size=200)


@lru_cache(maxsize=KEPT_OPEN)
def open_segment(pk: uuid.UUID) -> Segment:
    """A stored segment, kept in memory; raises IndexSegment.DoesNotExist."""
    segment = IndexSegment.objects.get(pk=pk)
    return Segment(np.frombuffer(bytes(segment.papers), np.int64), Index.load(bytes(segment.index)))
