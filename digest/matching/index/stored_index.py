"""What of a stored index is in memory: all but its words, which stand in blocks that are read as needed."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.columns import lines, sums, unpack
from digest.matching.index.paper_index import compared
from digest.matching.index.paper_vectors import PaperVectors

Block = tuple[int, int]  # the number of an index among several, and of a block of its own
Read = Callable[[Sequence[Block]], Iterable[bytes]]
ReadNumbers = Callable[[Sequence[int]], Iterable[bytes]]  # of one index


@dataclass(frozen=True)
class Family:
    """Blocks of one kind, numbered from `start` in the order of their words; the first word of each."""

    firsts: Sequence[bytes]
    start: int

    def holding(self, word: bytes) -> range:
        """The block in which this word stands, if it does; none if it comes before all."""
        place = bisect_right(self.firsts, word) - 1
        return range(self.start + max(place, 0), self.start + place + 1)

    def beginning(self, prefix: bytes) -> range:
        """The blocks in which there may be words that begin so."""
        first = max(bisect_right(self.firsts, prefix) - 1, 0)
        return range(self.start + first, self.start + bisect_left(self.firsts, prefix + b"\xff"))


@dataclass(frozen=True)
class StoredIndex:
    """An index of `count` papers without its words.

    `numbers` and `topics` are those of `Index`, `lengths` and `sizes` those of the vectors of its papers.
    Blocks of `slots` have the slots of forms, by stem, those of `places` in the same order their places;
    `forms` says in which block of `slots` each form is, `vectors` how often papers have the stems by which
    they are compared.
    """

    count: int
    numbers: Mapping[Number, NDArray[np.int64]]
    topics: Mapping[str, NDArray[np.bool_]]
    lengths: NDArray[np.float64]
    sizes: NDArray[np.int64]
    slots: Family
    places: Family
    forms: Family
    vectors: Family

    def compare(self, number: Number, operator: str, value: int | date) -> NDArray[np.bool_]:
        """For each paper whether its number is known and compares so."""
        return compared(self.numbers[number], operator, value)

    def having(self, slug: str) -> NDArray[np.bool_]:
        """For each paper whether it belongs to a topic."""
        found = self.topics.get(slug)
        return np.zeros(self.count, np.bool_) if found is None else found

    def vectors_of(self, stems: Collection[str], read: ReadNumbers) -> PaperVectors:
        """What the vectors of its papers have of these stems."""
        wanted = {stem.encode() for stem in stems}
        numbers = sorted({number for stem in wanted for number in self.vectors.holding(stem)})
        rows: dict[str, int] = {}
        counts, papers, times = [0], [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
        for block in read(numbers):
            (names,), (by_stem, differences, often) = unpack(block)
            ends, places = np.cumsum(by_stem), sums(differences)
            for row, stem in enumerate(lines(names)):
                if stem in wanted:
                    some = slice(ends[row] - by_stem[row], ends[row])
                    rows[stem.decode()] = len(rows)
                    counts.append(int(by_stem[row]))
                    papers.append(places[some])
                    times.append(often[some])
        of_papers = self.lengths, self.sizes
        return PaperVectors.from_counts(
            rows, np.cumsum(counts), np.concatenate(papers), np.concatenate(times), of_papers
        )


@dataclass(frozen=True)
class StoredIndexes:
    """Several stored indexes as one, whose papers are numbered on; `read` gives their blocks, in order."""

    parts: Sequence[StoredIndex]
    read: Read

    @cached_property
    def firsts(self) -> Sequence[int]:
        """The number of the first paper of each; and one after the last paper of all."""
        return [0, *np.cumsum([part.count for part in self.parts]).tolist()]

    @property
    def count(self) -> int:
        return self.firsts[-1]

    def read_of(self, part: int) -> ReadNumbers:
        """What reads the blocks of one of them by their numbers."""
        return lambda numbers: self.read([(part, number) for number in numbers])
