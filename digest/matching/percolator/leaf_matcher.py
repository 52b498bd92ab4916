"""The leaves of many queries, and which papers of an index satisfy each: what a query's tree is built on."""

from array import array
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Compare, Field, Leaf, Like, Near, Term, Topic
from digest.matching.index.paper_index import Index
from digest.matching.index.phrase_automaton import LOW, SHIFT, Keys, Numbers, PhraseAutomaton, lookup
from digest.matching.index.token_graph import FIELDS
from digest.matching.percolator.phrase_matcher import PhraseMatcher

_NONE = -1
_AT_ONCE = 20_000  # pairs of a term and a group looked for near each other, to bound what they take


class LeafMatcher:
    """Leaves under the caller's numbers. Terms, which nearly all leaves are, are columns by that number."""

    def __init__(self) -> None:
        self._automaton = PhraseAutomaton()
        self._terms = array("i")
        self._fields = array("B")
        self._nears: dict[int, Near] = {}
        self._others: dict[int, Compare | Topic | Like] = {}
        # Derived from the leaves when next matched; None after a change.
        self._term_index: tuple[Keys, Numbers] | None = None
        self._near_pairs: _Pairs | None = None

    @property
    def needs_topics(self) -> bool:
        """Whether any leaf asks for a topic."""
        return any(isinstance(leaf, Topic) for leaf in self._others.values())

    def add(self, number: int, leaf: Leaf) -> None:
        """Keep `leaf` under `number`, where there is none."""
        while len(self._terms) <= number:
            self._terms.append(_NONE)
            self._fields.append(0)
        match leaf:
            case Term():
                self._terms[number] = self._automaton.number(leaf)
                self._fields[number] = _bits(leaf.fields)
                self._term_index = None
            case Near(left, right, _):
                self._nears[number] = leaf
                for term in left + right:
                    self._automaton.number(term)
                self._near_pairs = None
            case _:
                self._others[number] = leaf

    def remove(self, number: int) -> None:
        """Forget the leaf under `number`."""
        if self._terms[number] != _NONE:
            self._terms[number] = _NONE
            self._term_index = None
        elif self._nears.pop(number, None):
            self._near_pairs = None
        else:
            del self._others[number]

    def matches(self, index: Index) -> tuple[Numbers, Numbers]:
        """Pairs of a leaf's number and a paper that satisfies it, in no order, some perhaps twice."""
        matcher = PhraseMatcher.scan(index.graph, self._automaton)
        parts = [self._term_matches(matcher), *self._near_matches(matcher)]
        for number, leaf in self._others.items():
            papers = _papers(leaf, index)
            parts.append((np.full(len(papers), number, np.int32), papers))
        return np.concatenate([n for n, _ in parts]), np.concatenate([papers for _, papers in parts])

    def _indexed_terms(self) -> tuple[Keys, Numbers]:
        """The leaf of each term and field, in the order of both."""
        if self._term_index is not None:
            return self._term_index
        terms, fields = np.array(self._terms, np.int64), np.array(self._fields, np.uint8)
        keys, numbers = [], []
        for bit in range(len(FIELDS)):
            chosen = np.flatnonzero((terms != _NONE) & _has(fields, bit))
            keys.append(terms[chosen] * len(FIELDS) + bit)
            numbers.append(chosen.astype(np.int32))
        all_keys, all_numbers = np.concatenate(keys), np.concatenate(numbers)
        order = np.argsort(all_keys, kind="stable")
        self._term_index = all_keys[order], all_numbers[order]
        return self._term_index

    def _term_matches(self, matcher: PhraseMatcher) -> tuple[Numbers, Numbers]:
        keys, numbers = self._indexed_terms()
        texts = matcher.graph.texts[matcher.occurrences.starts]
        # A term counts once a text, however often it occurs there.
        seen = np.sort(matcher.occurrences.terms.astype(np.int64) << SHIFT | texts)
        seen = seen[np.diff(seen, prepend=-1) != 0]
        terms, texts = seen >> SHIFT, seen & LOW
        wanted = terms * len(FIELDS) + matcher.graph.text_fields[texts]
        found, leaves = lookup(wanted, keys, numbers)
        return leaves, matcher.graph.text_papers[texts[found]]

    def _pairs(self) -> "_Pairs":
        """Every term that a leaf wants near one of a group of others, which is the leaf's right side."""
        if self._near_pairs is not None:
            return self._near_pairs
        number = self._automaton.number
        groups: dict[tuple[Term, ...], int] = {}
        rows = [
            (leaf, number(one), groups.setdefault(near.right, len(groups)), near.distance, _bits(one.fields))
            for leaf, near in self._nears.items()
            for one in near.left
        ]
        members = [(number(term), group) for terms, group in groups.items() for term in terms]
        self._near_pairs = _Pairs(
            *np.array(rows, np.int32).reshape(-1, 5).T, *np.array(members, np.int32).reshape(-1, 2).T
        )
        return self._near_pairs

    def _near_matches(self, matcher: PhraseMatcher) -> list[tuple[Numbers, Numbers]]:
        parts, near = [], self._pairs()
        groups = matcher.grouped(near.terms, near.groups)
        for first in range(0, len(near.leaves), _AT_ONCE):
            some = near.part(slice(first, first + _AT_ONCE))
            pairs, texts = matcher.near(some.left, some.right, some.distances, groups)
            fits = _has(some.fields[pairs], matcher.graph.text_fields[texts])
            parts.append((some.leaves[pairs[fits]], matcher.graph.text_papers[texts[fits]]))
        return parts


@dataclass(frozen=True)
class _Pairs:
    """A leaf's term on the left and its group on the right; `terms` and `groups` say which are in a group."""

    leaves: Numbers
    left: Numbers
    right: Numbers
    distances: Numbers
    fields: Numbers
    terms: Numbers
    groups: Numbers

    def part(self, rows: slice) -> "_Pairs":
        return replace(
            self,
            leaves=self.leaves[rows],
            left=self.left[rows],
            right=self.right[rows],
            distances=self.distances[rows],
            fields=self.fields[rows],
        )


def _bits(fields: tuple[Field, ...]) -> int:
    return sum(1 << FIELDS.index(field) for field in fields)


def _has(bits: NDArray[np.integer], field: int | NDArray[np.integer]) -> NDArray[np.bool_]:
    return (bits >> field & 1).astype(np.bool_)


def _papers(leaf: Compare | Topic | Like, index: Index) -> Numbers:
    """The papers that satisfy a leaf which is not about words."""
    if isinstance(leaf, Topic):
        return np.flatnonzero(index.topics.get(leaf.slug, ())).astype(np.int32)
    if isinstance(leaf, Like):
        return index.vectors.alike(leaf.vector)
    return np.flatnonzero(index.compare(leaf.number, leaf.operator, leaf.value)).astype(np.int32)
