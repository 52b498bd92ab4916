"""Segments of the search index: in memory without their words, which are read as they are asked for."""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial

import numpy as np
from django.db import connection
from django.db.models import UUIDField
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.index.stored_index import Block, StoredIndex, StoredIndexes
from digest.matching.index.storing import opened
from digest.matching.topics.model_version import version
from digest.models import IndexSegment

_KEPT_OPEN = 100  # segments; all that there are, and some that others have replaced since
_TOGETHER = 1 << 16  # papers of segments that are searched as one, which bounds the memory of a search
_AT_ONCE = 400  # blocks asked for by one statement

# Rows of values, not a condition for each: both databases then look each block up by its index.
_BLOCKS = """
WITH wanted(segment, number) AS (VALUES {rows})
SELECT wanted.segment, wanted.number, data FROM wanted
JOIN digest_indexblock ON segment_id = wanted.segment AND digest_indexblock.number = wanted.number
"""


@dataclass(frozen=True, eq=False)  # answers are remembered by it
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

    def may_have(self, papers: NDArray[np.int64]) -> bool:
        """Whether any of these papers can be among its own, by their numbers alone."""
        first, last = self._span
        return bool(len(papers)) and bool(papers.min() <= last) and bool(papers.max() >= first)

    @cached_property
    def _span(self) -> tuple[int, int]:
        return int(self.papers.min(initial=np.iinfo(np.int64).max)), int(self.papers.max(initial=-1))

    def vectors_of(self, stems: Collection[str]) -> PaperVectors:
        """What the vectors of its papers have of these stems."""
        return self.index.vectors_of(stems, self.read)

    @property
    def read(self) -> Callable[[Sequence[int]], Iterable[bytes]]:
        """What reads its blocks by their numbers."""
        return together([self]).read_of(0)


@dataclass(frozen=True)
class Current:
    """A segment, and which of its papers count: those that no other segment has after a later change."""

    segment: Segment
    counts: NDArray[np.bool_]


def current() -> Sequence[Current]:
    """All segments as they are this moment, the newest last: groups of those before stay as they are."""
    standing = IndexSegment.objects.filter(made_by=version(), replaced_at=None)
    return _current(tuple(standing.order_by("stamp", "pk").values_list("pk", flat=True)))


def grouped(segments: Iterable[Current]) -> Iterator[Sequence[Current]]:
    """The segments in groups that are searched as one."""
    group: list[Current] = []
    papers = 0
    for one in segments:
        count = one.segment.index.count
        if group and papers + count > _TOGETHER:
            yield group
            group, papers = [], 0
        group.append(one)
        papers += count
    if group:
        yield group


def together(segments: Sequence[Segment]) -> StoredIndexes:
    """The indexes of some segments as one."""
    return StoredIndexes([one.index for one in segments], partial(_read, [one.pk for one in segments]))


def _read(pks: Sequence[uuid.UUID], blocks: Sequence[Block]) -> Iterator[bytes]:
    """The blocks, in their order, some at a time; KeyError if a segment was replaced long ago."""
    names = [UUIDField().get_db_prep_value(pk, connection) for pk in pks]
    number_of = {str(name): number for number, name in enumerate(names)}
    for start in range(0, len(blocks), _AT_ONCE):
        some = blocks[start : start + _AT_ONCE]
        rows = ", ".join(["(%s, %s)"] * len(some))
        values = [value for segment, number in some for value in (names[segment], number)]
        with connection.cursor() as cursor:
            cursor.execute(_BLOCKS.format(rows=rows), values)
            found = {(number_of[str(name)], number): bytes(data) for name, number, data in cursor}
        yield from (found[block] for block in some)


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
