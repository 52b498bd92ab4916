"""Stored papers like another one, or like a library, by the vectors of the search index."""

from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import date
from heapq import nlargest

import numpy as np

from digest.archive.search import KEPT_OPEN, open_segment, refresh
from digest.matching.ranking.likeness import THRESHOLD, Likeness
from digest.matching.ranking.similarity import LEAST_STEMS, Vector
from digest.matching.topics.model_version import version
from digest.models import IndexSegment


def most_alike(liked: Vector, most: int) -> list[int]:
    """The papers most like one, best first: at most so many, of those segments that stay open."""
    refresh()
    newest = IndexSegment.objects.filter(made_by=version()).order_by("-last_day", "-number")
    found: list[tuple[float, int]] = []
    for pk in newest.values_list("pk", flat=True)[:KEPT_OPEN]:
        with suppress(IndexSegment.DoesNotExist):  # another took its place this moment
            segment = open_segment(pk)
            alike = segment.index.vectors.alike(liked)
            strengths = segment.index.vectors.similarities(liked)[alike]
            found += zip(strengths.tolist(), segment.papers[alike].tolist(), strict=True)
    return [paper for _, paper in nlargest(most, found)]


def best_like(library: Likeness[int], among: Collection[int], since: date, most: int) -> set[int]:
    """Those `among` papers of `since` or later that are like `library`; of each day the `most` alike."""
    new = set(among) - library.papers.keys()
    by_day: dict[int, list[tuple[float, int]]] = defaultdict(list)
    segments = IndexSegment.objects.filter(made_by=version(), last_day__gte=since)
    for pk in segments.values_list("pk", flat=True):
        with suppress(IndexSegment.DoesNotExist):  # another took its place this moment
            segment = open_segment(pk)
            strengths = segment.index.vectors.similarities(library.direction)
            found = np.flatnonzero((strengths >= THRESHOLD) & (segment.index.vectors.sizes >= LEAST_STEMS))
            columns = segment.days[found], strengths[found], segment.papers[found]
            for day, strength, paper in zip(*(column.tolist() for column in columns), strict=True):
                if paper in new:
                    by_day[day].append((strength, paper))
    return {paper for alike in by_day.values() for _, paper in nlargest(most, alike)}
