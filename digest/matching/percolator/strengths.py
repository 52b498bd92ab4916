"""How strongly queries keep papers, from which leaves hold in which fields: no paper's words are looked at.

`digest.matching.ranking.explainer` defines strength; tests compare the two.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import And, Field, Leaf, Like, Node, Not, Or, Query, Term, Topic, Weight
from digest.matching.index.paper_index import Index
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.token_graph import FIELDS
from digest.matching.percolator.bitset_program import Program
from digest.matching.percolator.leaf_matcher import LeafMatches
from digest.matching.ranking.explainer import FIELD_WEIGHT, LIKENESS, carrying

Key = TypeVar("Key", bound=Hashable)
Values = NDArray[np.float64]
_FIELD_WEIGHTS = np.array(
    [*(FIELD_WEIGHT.get(field, 1.0) for field in FIELDS), 1.0]
)  # the last is of numbers


class Kept(NamedTuple):
    """The papers that a query keeps, by their places, ascending, and how strongly."""

    places: NDArray[np.intp]
    strengths: Values


class Strengths(Generic[Key]):
    """Queries on the papers of one index: what each keeps, and how strongly.

    `topics` says how strongly each paper belongs to each topic (0: not at all), `likeness` how like the paper
    at a place is to another, `also_written` which papers have another form of a term, and in which field.
    """

    def __init__(
        self,
        queries: Mapping[Key, Query],
        index: Index,
        topics: Mapping[str, Values],
        likeness: Callable[[Like, int], float],
        also_written: Callable[[Term], Iterable[tuple[int, Field]]],
    ) -> None:
        self._queries, self._count = queries, index.count
        self._topics, self._likeness = topics, likeness
        self._program = Program()
        edges = np.array([self._program.add(query.root) for query in queries.values()], np.int64)
        found = self._program.look(index)
        wanted, rows = np.unique(edges, return_inverse=True)
        self._rows = self._program.evaluate(index, wanted, found)
        self._row_of = dict(zip(queries, rows.tolist(), strict=True))
        terms = {leaf for query in queries.values() for leaf in query.leaves if isinstance(leaf, Term)}
        others = [
            (self._program.number_of(term), FIELDS.index(field), place)
            for term in terms
            for place, field in also_written(term)
        ]
        leaves, self._papers, self._values = _summed(
            found, _where_found(others, found, index.count), index.count
        )
        self._starts: list[int] = np.searchsorted(leaves, np.arange(len(self._program) + 1)).tolist()

    def of(self, key: Key) -> Kept:
        """What the query of this key keeps."""
        bits = self._rows[self._row_of[key]].view(np.uint8)
        holds = np.unpackbits(bits, bitorder="little", count=self._count).view(np.bool_)
        places = np.flatnonzero(holds)
        if not len(places):
            return Kept(places, np.zeros(0))
        query = self._queries[key]
        root, leaves = query.root, Counter(query.leaves)
        if max(leaves.values(), default=0) > 1:
            return Kept(places, np.array([self._strength(root, place) for place in places.tolist()]))
        total = np.zeros(self._count)
        for leaf, weight, where in sorted(self._parts(root, 1.0, None), key=itemgetter(1)):
            papers, values = self._of_leaf(leaf)
            if where is not None:
                chosen = where[papers]
                papers, values = papers[chosen], values[chosen]
            total[papers] += values * weight
        return Kept(places, total[places])

    def _of_leaf(self, leaf: Leaf) -> tuple[Numbers, Values]:
        """The papers that satisfy a leaf, and what it adds to the strength of each."""
        number = self._program.number_of(leaf)
        first, end = self._starts[number : number + 2]
        papers = self._papers[first:end]
        if isinstance(leaf, Topic):
            return papers, self._topics[leaf.slug][papers] if len(papers) else np.zeros(0)
        if isinstance(leaf, Like):
            return papers, np.array([LIKENESS * self._likeness(leaf, place) for place in papers.tolist()])
        return papers, self._values[first:end]

    def _parts(
        self, node: Node, weight: float, where: NDArray[np.bool_] | None
    ) -> Iterator[tuple[Leaf, float, NDArray[np.bool_] | None]]:
        """The leaves by which `node` may hold, each with its weight, and where it counts (None: everywhere).

        A part of an OR counts where it holds; of a leaf that need not be said.
        """
        match node:
            case And(parts):
                for part in parts:
                    yield from self._parts(part, weight, where)
            case Or(parts):
                for part in parts:
                    inner = part
                    while isinstance(inner, Weight):
                        inner = inner.part
                    counts = self._holds(inner) if isinstance(inner, And) else None
                    if counts is not None and where is not None:
                        counts &= where
                    yield from self._parts(part, weight, where if counts is None else counts)
            case Not():
                return
            case Weight(part, factor):
                yield from self._parts(part, weight * factor, where)
            case _:
                yield node, weight, where

    def _holds(self, node: Node) -> NDArray[np.bool_]:
        match node:
            case And(parts):
                return np.asarray(np.logical_and.reduce([self._holds(part) for part in parts]))
            case Or(parts):
                return np.asarray(np.logical_or.reduce([self._holds(part) for part in parts]))
            case Not(part):
                return ~self._holds(part)
            case Weight(part, _):
                return self._holds(part)
            case _:
                holds = np.zeros(self._count, np.bool_)
                holds[self._of_leaf(node)[0]] = True
                return holds

    def _strength(self, root: Node, place: int) -> float:
        """The same for one paper and a query that has a leaf twice: the larger weight counts."""
        carried = carrying(root, 1.0, lambda leaf: self._at(leaf, place) > 0) or []
        heaviest = dict(sorted(carried, key=itemgetter(1)))
        return sum((self._at(leaf, place) * weight for leaf, weight in heaviest.items()), 0.0)

    def _at(self, leaf: Leaf, place: int) -> float:
        papers, values = self._of_leaf(leaf)
        found = int(np.searchsorted(papers, place))
        return float(values[found]) if found < len(papers) and papers[found] == place else 0.0


def _pairs(found: LeafMatches, count: int) -> NDArray[np.int64]:
    return found.leaves.astype(np.int64) * count + found.papers


def _where_found(others: Sequence[tuple[int, int, int]], found: LeafMatches, count: int) -> LeafMatches:
    """Of other forms of leaves those in papers that have the leaf itself, too."""
    also = LeafMatches(*np.array(others, np.int32).reshape(-1, 3).T)
    counts = np.isin(_pairs(also, count), _pairs(found, count))
    return LeafMatches(*(column[counts] for column in also))


def _summed(found: LeafMatches, also: LeafMatches, count: int) -> tuple[Numbers, Numbers, Values]:
    """Leaves and papers in order, each pair once, with the weights of the fields where it was found."""
    both = LeafMatches(*map(np.concatenate, zip(found, also, strict=True)))
    keys = _pairs(both, count) * len(_FIELD_WEIGHTS) + both.fields + 1
    pairs, fields = np.divmod(np.unique(keys), len(_FIELD_WEIGHTS))
    firsts = np.flatnonzero(np.diff(pairs, prepend=-1))
    weights = _FIELD_WEIGHTS[fields - 1]
    values = np.add.reduceat(weights, firsts) if len(firsts) else weights
    leaves, papers = np.divmod(pairs[firsts], count or 1)
    return leaves.astype(np.int32), papers.astype(np.int32), values
