"""Segments of the search index: in memory without their words, which are read as they are asked for."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.paper_index import Index
from digest.matching.index.stored_index import Sought, StoredIndex
from digest.matching.index.storing import opened
from digest.matching.topics.model_version import version
from digest.models import IndexBlock, IndexSegment

_KEPT_OPEN = 100  # segments; all that there are, and some that others have replaced since


@dataclass(frozen=True)
class Segment:
    """A segment in memory: its papers, when each was changed (in microseconds), its index without words."""

    pk: uuid.UUID
    papers: NDArray[np.int64]
    stamps: NDArray[np.int64]
    index: StoredIndex

    @cached_property
    def days(self) -> NDArray[np.int64]:
        return self.index.numbers[Number.DAY]

    @cached_property
    def first_day(self) -> int:
        return int(self.days.min(initial=0))

    @cached_property
    def last_day(self) -> int:
        return int(self.days.max(initial=0))

    def part(self, sought: Sought) -> Index:
        """The index as far as `sought` goes; raises SegmentReplaced."""
        return self.index.part(sought, self.read)

    def read(self, numbers: Collection[int]) -> list[bytes]:
        """The blocks of these numbers, in their order."""
        if not numbers:
            return []
        rows = IndexBlock.objects.filter(segment=self.pk, number__in=numbers).values_list("number", "data")
        blocks = dict(rows)
        return [bytes(blocks[number]) for number in numbers]


@dataclass(frozen=True)
class Current:
    """A segment, and which of its papers count: those that no other segment has after a later change."""

    segment: Segment
    counts: NDArray[np.bool_]


def current() -> Sequence[Current]:
    """All segments as they are this moment."""
    standing = IndexSegment.objects.filter(made_by=version(), replaced_at=None)
    return _current(tuple(standing.order_by("pk").values_list("pk", flat=True)))


@lru_cache(maxsize=1)
def _current(pks: tuple[uuid.UUID, ...]) -> Sequence[Current]:
    segments = [_open(pk) for pk in pks]
    if not segments:
        return ()
    papers = np.concatenate([segment.papers for segment in segments])
    stamps = np.concatenate([segment.stamps for segment in segments])
    order = np.lexsort((stamps, papers))
    last = np.diff(papers[order], append=-1) != 0
    counts = np.zeros(len(papers), np.bool_)
    counts[order[last]] = True
    ends = np.cumsum([len(segment.papers) for segment in segments])[:-1]
    return tuple(map(Current, segments, np.split(counts, ends)))


@lru_cache(maxsize=_KEPT_OPEN)
def _open(pk: uuid.UUID) -> Segment:
    row = IndexSegment.objects.get(pk=pk)
    papers, stamps = (np.frombuffer(bytes(column), np.int64) for column in (row.papers, row.stamps))
    return Segment(pk, papers, stamps, opened(bytes(row.head)))
