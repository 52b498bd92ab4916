"""Some queries against stored papers: decided by which texts have which words, as far as that can tell.

A word is in a text or not. Of a phrase only its words are known at first: it may be in the texts that have
them all. With that a query surely keeps some papers and may keep others; where words stand is read of these,
and the engine for new papers says whether the phrase is there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import And, Compare, Field, Leaf, Like, Near, Node, Not, Or, Term, Topic, Weight
from digest.matching.index.paper_index import Index
from digest.matching.index.stored_index import StoredIndexes
from digest.matching.index.token_graph import FIELDS, TokenGraph
from digest.matching.index.word_lookup import ADJACENT, Word, WordLookup
from digest.matching.percolator.leaf_matcher import LeafMatcher

Papers = NDArray[np.bool_]
_Bounds = tuple[Papers, Papers]  # the papers for which a part surely holds, and for which it may


class StoredSearch:
    """The trees of some queries, for stored indexes one after another."""

    def __init__(self, nodes: Sequence[Node], ranks: Sequence[Node] = ()) -> None:
        """Of `ranks` only those papers are asked for that some of `nodes` keep."""
        self._nodes, self._ranks = nodes, ranks
        self._leaves = list(dict.fromkeys(leaf for node in (*nodes, *ranks) for leaf in leaves_of(node)))
        self._placed = [
            leaf for leaf in self._leaves if isinstance(leaf, Term | Near) and _needs_places(leaf)
        ]
        self._words = {word for leaf in self._leaves for word in _words(leaf)}
        self._matcher = LeafMatcher()
        for number, leaf in enumerate(self._placed):
            self._matcher.add(number, leaf)
        nears = [leaf.distance for leaf in self._placed if isinstance(leaf, Near)]
        self._reach = max(nears, default=0) + ADJACENT

    def papers(self, indexes: StoredIndexes, among: Papers | None = None) -> list[Papers]:
        """For each tree, ranks last, the papers it keeps, as far as they are `among` these."""
        placed = {word for leaf in self._placed for word in _words(leaf)}
        lookup = WordLookup(indexes, self._words, placed)
        slots: Mapping[Leaf, Papers] = {
            leaf: _slots(leaf, lookup) for leaf in self._leaves if isinstance(leaf, Term | Near)
        }
        bounds = {leaf: _known(leaf, indexes, slots) for leaf in self._leaves}
        if self._placed:
            looked_at = np.repeat(self._undecided(bounds, among), len(FIELDS))
            looked_at &= _any(slots[leaf] for leaf in self._placed)
            bounds |= self._decided(lookup.graph(looked_at, self._reach), indexes.count)
        return [_bounds(node, bounds)[0] for node in (*self._nodes, *self._ranks)]

    def _undecided(self, bounds: Mapping[Leaf, _Bounds], among: Papers | None) -> Papers:
        """The papers of which it must be known whether they have phrases."""
        found = [_bounds(node, bounds) for node in self._nodes]
        may_count = _any(high for _, high in found)
        undecided = _any(low != high for low, high in found)
        for rank in self._ranks:
            low, high = _bounds(rank, bounds)
            undecided |= (low != high) & may_count
        return undecided if among is None else undecided & among

    def _decided(self, graph: TokenGraph, count: int) -> Mapping[Leaf, _Bounds]:
        """Of each leaf that needs places in which papers of `graph` it holds."""
        leaves, papers = self._matcher.matches(Index(count, graph, {}, {}))
        holds = np.zeros((len(self._placed), count), np.bool_)
        holds[leaves, papers] = True
        return {leaf: (row, row) for leaf, row in zip(self._placed, holds, strict=True)}


def _known(leaf: Leaf, indexes: StoredIndexes, slots: Mapping[Leaf, Papers]) -> _Bounds:
    """For which papers a leaf holds, as far as that is known without places."""
    if isinstance(leaf, Term | Near):
        may = _in_fields(slots[leaf], _fields(leaf))
        return (np.zeros_like(may), may) if _needs_places(leaf) else (may, may)
    papers = [_of_index(leaf, indexes, part) for part in range(len(indexes.parts))]
    known = np.concatenate([np.zeros(0, np.bool_), *papers])
    return known, known


def leaves_of(node: Node) -> Sequence[Leaf]:
    """The leaves of a tree, as often as they stand in it."""
    match node:
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in leaves_of(part)]
        case Not(part) | Weight(part, _):
            return leaves_of(part)
        case _:
            return [node]


def _needs_places(leaf: Term | Near) -> bool:
    return isinstance(leaf, Near) or len(leaf.words) > 1 or leaf.without_version is not None


def _words(leaf: Leaf) -> list[Word]:
    """All words that it is looked for by."""
    match leaf:
        case Term():
            name = leaf.without_version
            both = _alternatives(leaf) + (_alternatives(name) if name else [])
            return [word for either in both for word in either]
        case Near(left, right):
            return [word for term in left + right for word in _words(term)]
    return []


def _alternatives(term: Term) -> list[list[Word]]:
    """Of each list a text that has the term has one: a word of it, or that and its neighbour as one."""
    words, last = term.words, len(term.words) - 1
    found = []
    for number, text in enumerate(words):
        either = [Word(text, term.prefix and number == last)]
        if number:
            either.append(Word(words[number - 1] + text, term.prefix and number == last))
        if number < last:
            either.append(Word(text + words[number + 1], term.prefix and number + 1 == last))
        found.append(either)
    return found


def _slots(leaf: Term | Near, lookup: WordLookup) -> Papers:
    """The slots that may have it."""
    if isinstance(leaf, Near):
        left, right = (_any(_slots(term, lookup) for term in side) for side in (leaf.left, leaf.right))
        return left & right
    terms = [leaf, *filter(None, [leaf.without_version])]
    return _any(
        reduce(np.logical_and, (_any(map(lookup.slots, either)) for either in _alternatives(term)))
        for term in terms
    )


def _any(rows: Iterable[Papers]) -> Papers:
    return reduce(np.logical_or, rows)


def _fields(leaf: Term | Near) -> tuple[Field, ...]:
    return leaf.fields if isinstance(leaf, Term) else tuple({f for term in leaf.left for f in term.fields})


def _in_fields(slots: Papers, fields: tuple[Field, ...]) -> Papers:
    """The papers that have some slot of these fields."""
    columns = slots.reshape(-1, len(FIELDS))
    return _any(columns[:, FIELDS.index(field)] for field in fields)


def _of_index(leaf: Compare | Topic | Like, indexes: StoredIndexes, part: int) -> Papers:
    """The papers of one index that satisfy a leaf which is not about words."""
    index = indexes.parts[part]
    if isinstance(leaf, Topic):
        return index.having(leaf.slug)
    if isinstance(leaf, Compare):
        return index.compare(leaf.number, leaf.operator, leaf.value)
    papers = np.zeros(index.count, np.bool_)
    papers[index.vectors_of(leaf.vector, indexes.read_of(part)).alike(leaf.vector)] = True
    return papers


def _bounds(node: Node, known: Mapping[Leaf, _Bounds]) -> _Bounds:
    match node:
        case And(parts) | Or(parts):
            operation: Callable[..., Papers] = np.logical_and if isinstance(node, And) else np.logical_or
            lows, highs = zip(*(_bounds(part, known) for part in parts), strict=True)
            return reduce(operation, lows), reduce(operation, highs)
        case Not(part):
            low, high = _bounds(part, known)
            return ~high, ~low
        case Weight(part, _):
            return _bounds(part, known)
        case _:
            return known[node]
