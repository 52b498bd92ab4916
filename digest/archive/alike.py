"""Stored papers like another one, or like a library, by the vectors of the search index."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from heapq import nlargest

import numpy as np

from digest.archive.indexing import catch_up
from digest.archive.segments import Current, current
from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.ranking.likeness import THRESHOLD, Likeness
from digest.matching.ranking.similarity import LEAST_STEMS, Vector

_COMPARED = 32_768  # newest papers among which papers like one are looked for


def most_alike(liked: Vector, most: int) -> list[int]:
    """The papers most like one, best first: at most so many, of the segments that have the newest papers."""
    catch_up()
    found: list[tuple[float, int]] = []
    for one, vectors in _with_vectors(_newest(current()), liked):
        alike = vectors.alike(liked)
        alike = alike[one.counts[alike]]
        strengths = vectors.similarities(liked)[alike]
        found += zip(strengths.tolist(), one.segment.papers[alike].tolist(), strict=True)
    return [paper for _, paper in nlargest(most, found)]


def best_like(library: Likeness[int], among: Collection[int], since: date, most: int) -> set[int]:
    """Those `among` papers of `since` or later that are like `library`; of each day the `most` alike."""
    new = set(among) - library.papers.keys()
    by_day: dict[int, list[tuple[float, int]]] = defaultdict(list)
    late = [one for one in current() if one.segment.last_day >= since.toordinal()]
    for one, vectors in _with_vectors(late, library.direction):
        strengths = vectors.similarities(library.direction)
        found = np.flatnonzero((strengths >= THRESHOLD) & (vectors.sizes >= LEAST_STEMS) & one.counts)
        columns = one.segment.days[found], strengths[found], one.segment.papers[found]
        for day, strength, paper in zip(*(column.tolist() for column in columns), strict=True):
            if paper in new:
                by_day[day].append((strength, paper))
    return {paper for alike in by_day.values() for _, paper in nlargest(most, alike)}


def _newest(segments: Sequence[Current]) -> Iterator[Current]:
    """Those with the newest papers, until enough are compared."""
    papers = 0
    for one in sorted(segments, key=lambda one: (one.segment.last_day, one.segment.pk), reverse=True):
        if papers >= _COMPARED:
            return
        papers += int(one.counts.sum())
        yield one


def _with_vectors(segments: Iterable[Current], liked: Vector) -> Iterator[tuple[Current, PaperVectors]]:
    """The segments, each with what its papers have of the vector `liked`."""
    for one in segments:
        yield one, one.segment.vectors_of(liked.keys())
