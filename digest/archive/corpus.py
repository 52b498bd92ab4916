"""The stored papers of some days, for matching many queries at once: Explore, changes that are suggested."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.archive.indexing import catch_up
from digest.archive.segments import Current, current, grouped, together
from digest.matching import Number, Query
from digest.matching.percolator.stored_search import StoredSearch


@dataclass(frozen=True)
class Corpus:
    """The papers of some segments, by number; of those only some belong to it, namely those of its days.

    Bit n of what `bits` gives stands for the paper with number n.
    """

    _segments: Sequence[Current]
    _papers: NDArray[np.int64]
    _belongs: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many papers belong to it."""
        return int(self._belongs.sum())

    @cached_property
    def number_of(self) -> Mapping[int, int]:
        """The number of each paper by its primary key."""
        numbers = np.flatnonzero(self._belongs)
        return dict(zip(self._papers[numbers].tolist(), numbers.tolist(), strict=True))

    @cached_property
    def _upvotes(self) -> NDArray[np.int64]:
        """Of each paper, 0 where they are not known."""
        found = [one.segment.index.numbers[Number.UPVOTES] for one in self._segments]
        return np.asarray(np.maximum(np.concatenate([np.zeros(0, np.int64), *found]), 0))

    def mask(self, papers: Iterable[int]) -> int:
        """The bits of those of `papers`, primary keys, that belong to it."""
        bits = np.zeros(len(self._papers), np.bool_)
        bits[[self.number_of[pk] for pk in {*papers} & self.number_of.keys()]] = True
        return _as_bits(bits)

    def bits(self, queries: Sequence[Query]) -> list[int]:
        """For each query the papers that it keeps."""
        return [_as_bits(row) for row in self.kept(queries)]

    def kept(self, queries: Sequence[Query]) -> list[NDArray[np.bool_]]:
        """For each query whether it keeps each paper; those that do not belong are kept by none."""
        search, before = StoredSearch([query.root for query in queries]), 0
        kept = [np.zeros(len(self._papers), np.bool_) for _ in queries]
        for group in grouped(self._segments):
            indexes = together([one.segment for one in group])
            some = slice(before, before + indexes.count)
            for row, found in zip(kept, search.papers(indexes, self._belongs[some]), strict=True):
                row[some] = found & self._belongs[some]
            before = some.stop
        return kept

    def most_upvoted(self, among: NDArray[np.bool_], most: int) -> list[int]:
        """The primary keys of those with most upvotes, the newest of equals first."""
        numbers = np.flatnonzero(among & self._belongs)
        order = np.lexsort((self._papers[numbers], self._upvotes[numbers]))[::-1]
        return list(self._papers[numbers[order[:most]]].tolist())


def corpus_since(day: date) -> Corpus:
    """The stored papers first listed on `day` or later."""
    catch_up()
    since = day.toordinal()
    segments = tuple(one for one in current() if one.segment.last_day >= since)
    belongs = [one.counts & (one.segment.days >= since) for one in segments]
    return Corpus(
        segments,
        np.concatenate([np.zeros(0, np.int64), *(one.segment.papers for one in segments)]),
        np.concatenate([np.zeros(0, np.bool_), *belongs]),
    )


def _as_bits(papers: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(papers, bitorder="little").tobytes(), "little")
