"""From ticked papers to proposals: what they suggest, matched against the recent papers, and weighed."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Query
from digest.matching.index.paper_index import Index
from digest.matching.paper import PaperText
from digest.matching.percolator.bitset_program import Program
from digest.matching.proposing.clauses import Clause, clauses_of
from digest.matching.proposing.proposals import (
    IN_TITLE,
    PHRASE,
    TOPIC,
    WORD,
    Candidate,
    Proposal,
    Ticks,
    propose,
)

Bits = Callable[[Sequence[Query]], Sequence[int]]


class Many:
    """Many queries for one index after another, or for parts of them that have what is `sought`."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._program = Program()
        numbers = np.array([self._program.add(query.root) for query in queries], np.int64)
        self._wanted, self._rows_of = np.unique(numbers, return_inverse=True)
        self.sought = self._program.sought()

    def kept(self, index: Index) -> NDArray[np.bool_]:
        """For each query whether it keeps each paper of `index`."""
        rows = self._program.evaluate(index, self._wanted)
        bits = np.unpackbits(rows.view(np.uint8), axis=1, count=index.count, bitorder="little")
        return bits[self._rows_of].astype(np.bool_)

    def bits_in(self, index: Index) -> list[int]:
        """For each query the papers of `index` that it keeps: bit n for paper n."""
        rows = self._program.evaluate(index, self._wanted)
        found = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in rows]
        return [found[row] for row in self._rows_of.tolist()]


def bits_in(index: Index, queries: Sequence[Query]) -> list[int]:
    """For each query the papers of `index` that it keeps: bit n for paper n."""
    return Many(queries).bits_in(index)


def proposals_for(
    ticked: Sequence[PaperText], topics: Sequence[Query], ticks: Ticks, bits: Bits
) -> list[Proposal]:
    """Queries that would have brought the papers `ticked`, best first: `topics`, words, phrases, two of them.

    `bits` says which papers of the corpus of `ticks` each of many queries keeps.
    """
    clauses = clauses_of(ticked)
    queries = [*topics, *(clause.query for clause in clauses)]
    costs = [TOPIC] * len(topics) + [_cost(clause) for clause in clauses]
    candidates = [
        Candidate(query, kept, cost) for query, kept, cost in zip(queries, bits(queries), costs, strict=True)
    ]
    return propose(candidates, ticks)


def _cost(clause: Clause) -> float:
    if clause.in_title:
        return IN_TITLE
    return PHRASE if clause.is_phrase else WORD
