"""The leaves of many queries, and which papers of an index satisfy each: what a query's tree is built on."""

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Compare, Field, Leaf, Near, Term, Topic
from digest.matching.index.paper_index import Index
from digest.matching.index.phrase_automaton import SHIFT, Keys, Numbers, Phrases, lookup
from digest.matching.index.token_graph import FIELDS
from digest.matching.percolator.phrase_matcher import Walk

_NONE = -1
_AT_ONCE = 20_000  # pairs of terms looked for near each other, to bound what they take


class Leaves:
    """Leaves under numbers of the caller's. Terms, nearly all there are, are columns by that number."""

    def __init__(self) -> None:
        self._phrases = Phrases()
        self._terms = array("i")
        self._fields = array("B")
        self._nears: dict[int, Near] = {}
        self._others: dict[int, Compare | Topic] = {}

    @property
    def ask_topics(self) -> bool:
        """Whether any leaf asks for a topic."""
        return any(isinstance(leaf, Topic) for leaf in self._others.values())

    def add(self, number: int, leaf: Leaf) -> None:
        """Keep `leaf` under `number`, where there is none."""
        while len(self._terms) <= number:
            self._terms.append(_NONE)
            self._fields.append(0)
        match leaf:
            case Term():
                self._terms[number] = self._phrases.number(leaf)
                self._fields[number] = _bits(leaf.fields)
                self.__dict__.pop("_by_term", None)
            case Near(left, right, _):
                self._nears[number] = leaf
                for term in left + right:
                    self._phrases.number(term)
                self.__dict__.pop("_pairs", None)
            case _:
                self._others[number] = leaf

    def remove(self, number: int) -> None:
        """Forget the leaf under `number`."""
        if self._terms[number] != _NONE:
            self._terms[number] = _NONE
            self.__dict__.pop("_by_term", None)
        elif self._nears.pop(number, None):
            self.__dict__.pop("_pairs", None)
        else:
            del self._others[number]

    def kept(self, index: Index) -> tuple[Numbers, Numbers]:
        """Pairs of a leaf's number and a paper that satisfies it, in no order, some perhaps twice."""
        walk = Walk.through(index.lattice, self._phrases)
        parts = [self._terms_kept(walk), *self._nears_kept(walk)]
        for number, leaf in self._others.items():
            papers = _papers(leaf, index)
            parts.append((np.full(len(papers), number, np.int32), papers))
        return np.concatenate([n for n, _ in parts]), np.concatenate([papers for _, papers in parts])

    @cached_property
    def _by_term(self) -> tuple[Keys, Numbers]:
        """The leaf of each term and field, in the order of both."""
        terms, fields = np.array(self._terms, np.int64), np.array(self._fields, np.uint8)
        keys, numbers = [], []
        for bit in range(len(FIELDS)):
            chosen = np.flatnonzero((terms != _NONE) & _has(fields, bit))
            keys.append(terms[chosen] * len(FIELDS) + bit)
            numbers.append(chosen.astype(np.int32))
        all_keys, all_numbers = np.concatenate(keys), np.concatenate(numbers)
        order = np.argsort(all_keys, kind="stable")
        return all_keys[order], all_numbers[order]

    def _terms_kept(self, walk: Walk) -> tuple[Numbers, Numbers]:
        keys, numbers = self._by_term
        texts = walk.lattice.texts[walk.found.starts]
        # A term is found once a text, however often it stands there.
        standing = np.sort(walk.found.terms.astype(np.int64) << SHIFT | texts)
        standing = standing[np.diff(standing, prepend=-1) != 0]
        terms, texts = standing >> SHIFT, standing & ((1 << SHIFT) - 1)
        wanted = terms * len(FIELDS) + walk.lattice.text_fields[texts]
        found, leaves = lookup(wanted, keys, numbers)
        return leaves, walk.lattice.text_papers[texts[found]]

    @cached_property
    def _pairs(self) -> "_Pairs":
        """Every two terms that a leaf wants near each other."""
        number = self._phrases.number
        rows = [
            (leaf, number(one), number(other), near.distance, _bits(near.left[0].fields))
            for leaf, near in self._nears.items()
            for one in near.left
            for other in near.right
        ]
        return _Pairs(*np.array(rows, np.int32).reshape(-1, 5).T)

    def _nears_kept(self, walk: Walk) -> list[tuple[Numbers, Numbers]]:
        parts = []
        for first in range(0, len(self._pairs.leaves), _AT_ONCE):
            some = self._pairs.part(slice(first, first + _AT_ONCE))
            pairs, texts = walk.near(some.left, some.right, some.distances)
            fits = _has(some.fields[pairs], walk.lattice.text_fields[texts])
            parts.append((some.leaves[pairs[fits]], walk.lattice.text_papers[texts[fits]]))
        return parts


@dataclass(frozen=True)
class _Pairs:
    leaves: Numbers
    left: Numbers
    right: Numbers
    distances: Numbers
    fields: Numbers

    def part(self, rows: slice) -> "_Pairs":
        return _Pairs(
            self.leaves[rows], self.left[rows], self.right[rows], self.distances[rows], self.fields[rows]
        )


def _bits(fields: tuple[Field, ...]) -> int:
    return sum(1 << FIELDS.index(field) for field in fields)


def _has(bits: NDArray[np.integer], field: int | NDArray[np.integer]) -> NDArray[np.bool_]:
    return (bits >> field & 1).astype(np.bool_)


def _papers(leaf: Compare | Topic, index: Index) -> Numbers:
    """The papers that satisfy a leaf which is not about words."""
    if isinstance(leaf, Topic):
        return np.flatnonzero(index.topics.get(leaf.slug, ())).astype(np.int32)
    return np.flatnonzero(index.compare(leaf.number, leaf.operator, leaf.value)).astype(np.int32)
