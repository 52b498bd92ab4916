"""The percolator: many standing queries against a day's papers."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Query
from digest.matching.index.paper_index import Index
from digest.matching.paper import PaperText
from digest.matching.percolator.bitset_program import Program, Rows
from digest.matching.percolator.topic_assignment import index_of

Key = TypeVar("Key", bound=Hashable)
P = TypeVar("P", bound=PaperText)


@dataclass(frozen=True)
class Match(Generic[P]):
    """A paper that a query keeps."""

    paper: P


class Matches(Mapping[Key, list[Match[P]]]):
    """For each key the papers its query keeps, in their order; keys without any are left out.

    A read-only mapping over bits: a list is made when it is asked for, since a million queries may keep
    tens of millions of pairs.
    """

    def __init__(self, numbers: Mapping[Key, int], rows: Rows, papers: Sequence[P]) -> None:
        """`numbers` says which of `rows` is a key's; bit n of a row stands for the n-th of `papers`."""
        self._numbers = numbers
        self._rows = rows
        self._papers = papers
        self._any: NDArray[np.bool_] = np.asarray(rows.any(axis=1))

    def __getitem__(self, key: Key) -> list[Match[P]]:
        number = self._numbers[key]
        if not self._any[number]:
            raise KeyError(key)
        bits = np.unpackbits(self._rows[number].view(np.uint8), bitorder="little")
        return [Match(self._papers[place]) for place in np.flatnonzero(bits).tolist()]

    def __iter__(self) -> Iterator[Key]:
        return (key for key, number in self._numbers.items() if self._any[number])

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Percolator(Generic[Key]):
    """Standing queries under the caller's keys. What queries share is evaluated once.

    Adding, replacing and removing cost the size of the query, however many others there are. It can be
    pickled: reading 100,000 compiled queries back takes a third of a second.
    """

    def __init__(self) -> None:
        self._program = Program()
        self._numbers: dict[Key, int] = {}

    @classmethod
    def of(cls, queries: Mapping[Key, Query]) -> "Percolator[Key]":
        """A percolator of these queries under their keys."""
        percolator = cls()
        for key, query in queries.items():
            percolator.add(key, query)
        return percolator

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, key: Key, query: Query) -> None:
        """Keep `query` under `key`, replacing what was there."""
        number = self._program.add(query.root)
        self.remove(key)
        self._numbers[key] = number

    def remove(self, key: Key) -> None:
        """Forget what is under `key`, if anything."""
        if key in self._numbers:
            self._program.remove(self._numbers.pop(key))

    def match(self, papers: Sequence[P], index: Index | None = None) -> Matches[Key, P]:
        """For every key the papers its query keeps; later changes to the percolator do not show in it.

        An `index` of these papers that is there already spares making one.
        """
        numbers = np.fromiter(self._numbers.values(), np.int64, len(self._numbers))
        wanted, rows_of = np.unique(numbers, return_inverse=True)
        if index is None:
            index = index_of(papers, topics=self._program.needs_topics)
        rows = self._program.evaluate(index, wanted)
        return Matches(dict(zip(self._numbers, rows_of.tolist(), strict=True)), rows, papers)


def search(query: Query, index: Index) -> NDArray[np.intp]:
    """The numbers of the papers of `index` that `query` keeps, ascending."""
    program = Program()
    rows = program.evaluate(index, np.array([program.add(query.root)], np.int64))
    return np.flatnonzero(np.unpackbits(rows.view(np.uint8), bitorder="little"))
