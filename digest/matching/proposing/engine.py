"""From ticked papers to proposals: what they suggest, matched against the recent papers, and weighed."""

from collections.abc import Callable, Sequence

import numpy as np

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


def bits_in(index: Index, queries: Sequence[Query]) -> list[int]:
    """For each query the papers of `index` that it keeps: bit n for paper n."""
    program = Program()
    numbers = np.array([program.add(query.root) for query in queries], np.int64)
    wanted, rows_of = np.unique(numbers, return_inverse=True)
    rows = program.evaluate(index, wanted)
    found = [int.from_bytes(row.astype("<u8").tobytes(), "little") for row in rows]
    return [found[row] for row in rows_of.tolist()]


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
