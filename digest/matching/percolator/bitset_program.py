"""Many query trees as one array program: equal parts exist once and are evaluated once, level by level.

Every distinct part of every query but NOT is a node with a number. A node's papers are one row of bits; all
nodes of one level, kind and arity are computed by one vectorised operation on the rows of their children.
The cost of a day is a few machine words per node, whatever the shapes of the queries; adding or removing a
query touches only its own nodes.

A NOT is a mark on the edge to what it negates, no node: edge n leads to what node n has, edge ~n to what it
has not. So “a NOT (b OR c)” needs one node: a, not b and not c (De Morgan).
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import And, Leaf, Node, Not, Or, Term, Weight
from digest.matching.index.paper_index import Index
from digest.matching.percolator.leaf_matcher import LeafMatcher, LeafMatches

Rows = NDArray[np.uint64]
_WORD = 64
_BLOCK = 8  # words: 512 papers at a time keep the rows of a million queries near 200 MB,
_FEW = 1 << 16  # and those of few queries need not be so short: as many words in all
# Nodes of nearly the same arity share an operation: the last child is repeated, which changes nothing.
_ARITIES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200)
_AND, _OR = range(2)
_OPERATIONS: tuple[Callable[[Rows, Rows], Rows], ...] = (np.bitwise_and, np.bitwise_or)

_Inner = bytes  # _AND or _OR and the edges to the children, sorted, as an array; half as large as a tuple
_Part = Leaf | str | _Inner  # terms, which nearly all leaves are, by their text, unless they are exact


class _Group:
    """The nodes of one level, kind and arity, packed; the first children of each are `negated`."""

    def __init__(self, kind: int, arity: int, negated: int) -> None:
        self.operation = _OPERATIONS[kind]
        self.arity = arity
        self.negated = negated
        self.nodes = array("i")
        self.children = array("i")  # those of the first node, then those of the second, and so on

    def append(self, node: int, children: list[int]) -> int:
        """The slot of the node from now on."""
        self.nodes.append(node)
        self.children.fromlist(children)
        if len(children) < self.arity:
            self.children.extend(children[-1:] * (self.arity - len(children)))
        return len(self.nodes) - 1

    def remove(self, slot: int) -> int:
        """The node that moved into the freed slot."""
        moved, arity = self.nodes[-1], self.arity
        self.nodes[slot] = moved
        self.children[slot * arity : (slot + 1) * arity] = self.children[-arity:]
        del self.nodes[-1], self.children[-arity:]
        return moved

    def evaluate(self, rows: Rows) -> None:
        """Compute the rows of these nodes from those of their children."""
        children = np.frombuffer(self.children, np.int32).reshape(-1, self.arity)
        result = self._column(rows, children, 0)
        for column in range(1, self.arity):
            self.operation(result, self._column(rows, children, column), out=result)  # type: ignore[call-arg]
        rows[np.frombuffer(self.nodes, np.int32)] = result

    def _column(self, rows: Rows, children: NDArray[np.int32], column: int) -> Rows:
        if column >= self.negated:
            return rows[children[:, column]]
        papers = rows[~children[:, column]]
        return np.invert(papers, out=papers)


class Program:
    """The parts of all queries that were added and not removed."""

    def __init__(self) -> None:
        self._leaf_matcher = LeafMatcher()
        self._numbers: dict[_Part, int] = {}
        self._parts: list[_Part | None] = []
        self._uses = array("i")
        self._levels = array("h")
        self._slots = array("i")
        self._free: list[int] = []
        self._groups: dict[tuple[int, int, int, int], _Group] = {}

    def __len__(self) -> int:
        """One more than the largest number in use."""
        return len(self._parts)

    @property
    def needs_topics(self) -> bool:
        """Whether any query asks for a preset topic."""
        return self._leaf_matcher.needs_topics

    def add(self, node: Node) -> int:
        """The edge to `node`, which is kept until it was removed as often as added."""
        edge = self._edge(node)
        self._uses[_end(edge)] += 1
        return edge

    def remove(self, edge: int) -> None:
        """Undo one `add`."""
        number = _end(edge)
        self._uses[number] -= 1
        if self._uses[number]:
            return
        part = self._parts[number]
        assert part is not None
        del self._numbers[part]
        self._parts[number] = None
        self._free.append(number)
        if isinstance(part, bytes):
            kind, *edges = array("i", part)
            group = self._group(self._levels[number], kind, edges)
            self._slots[group.remove(self._slots[number])] = self._slots[number]
            for child in edges:
                self.remove(child)
        else:
            self._leaf_matcher.remove(number)

    def number_of(self, leaf: Leaf) -> int:
        """The number under which a leaf of the queries is looked for."""
        return self._numbers[_part_of(leaf)]

    def look(self, index: Index) -> LeafMatches:
        """The leaves that papers of `index` satisfy."""
        return self._leaf_matcher.look(index)

    def evaluate(self, index: Index, wanted: NDArray[np.int64], found: LeafMatches | None = None) -> Rows:
        """For each wanted edge the papers it holds for: bit n of its row for the n-th paper of `index`.

        What `look` has `found` in that index is not looked for again.
        """
        words = -(-index.count // _WORD)
        found = found or self.look(index)
        leaves = _Bits(found.leaves, found.papers, words)
        result = np.empty((len(wanted), words), np.uint64)
        negated = wanted < 0
        ends = np.where(negated, ~wanted, wanted)
        order = sorted(self._groups)
        block = max(_BLOCK, _FEW // max(len(self), 1))
        for first in range(0, words, block):
            rows = np.zeros((len(self), min(block, words - first)), np.uint64)
            leaves.write(rows, first)
            for key in order:
                if self._groups[key].nodes:
                    self._groups[key].evaluate(rows)
            result[:, first : first + block] = rows[ends]
        result[negated] = ~result[negated]
        if index.count % _WORD:
            result[:, -1] &= np.uint64((1 << index.count % _WORD) - 1)
        return result

    def _edge(self, node: Node) -> int:
        if isinstance(node, And):
            return self._inner(_AND, self._edges(node.parts, Or))
        if isinstance(node, Or):
            return self._inner(_OR, self._edges(node.parts, And))
        if isinstance(node, Not):
            return ~self._edge(node.part)
        if isinstance(node, Weight):
            return self._edge(node.part)
        part = _part_of(node)
        number = self._numbers.get(part)
        return self._leaf(node, part) if number is None else number

    def _edges(self, parts: tuple[Node, ...], other: type[And] | type[Or]) -> set[int]:
        """The edges to `parts`; in place of a NOT of the `other` operator those to its own parts, negated."""
        edges = set()
        for part in parts:
            if isinstance(part, Not) and isinstance(part.part, other):
                edges |= {~edge for edge in self._edges(part.part.parts, Or if other is And else And)}
            else:
                edges.add(self._edge(part))
        return edges

    def _leaf(self, leaf: Leaf, part: _Part) -> int:
        number = self._number(part, 0)
        self._leaf_matcher.add(number, leaf)
        return number

    def _inner(self, kind: int, edges: set[int]) -> int:
        if len(edges) == 1:
            return edges.pop()
        children = sorted(edges)
        part = array("i", [kind, *children]).tobytes()
        number = self._numbers.get(part)
        if number is None:
            ends = children if children[0] >= 0 else [_end(edge) for edge in children]
            level = 1 + max([self._levels[end] for end in ends])
            number = self._number(part, level)
            for end in ends:
                self._uses[end] += 1
            self._slots[number] = self._group(level, kind, children).append(number, children)
        return number

    def _number(self, part: _Part, level: int) -> int:
        if self._free:
            number = self._free.pop()
            self._parts[number] = part
            self._uses[number], self._levels[number], self._slots[number] = 0, level, -1
        else:
            number = len(self._parts)
            self._parts.append(part)
            self._uses.append(0)
            self._levels.append(level)
            self._slots.append(-1)
        self._numbers[part] = number
        return number

    def _group(self, level: int, kind: int, children: Sequence[int]) -> _Group:
        wide, negated = _ARITIES[bisect_left(_ARITIES, len(children))], bisect_left(children, 0)
        if negated == len(children):
            negated = wide  # the last is repeated
        key = (level, kind, wide, negated)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(kind, wide, negated)
        return group


def _part_of(leaf: Leaf) -> Leaf | str:
    return leaf.text if isinstance(leaf, Term) and not leaf.exact else leaf


def _end(edge: int) -> int:
    return edge if edge >= 0 else ~edge


class _Bits:
    """Pairs of a row and a paper as the words that have these bits set."""

    def __init__(self, rows: NDArray[np.int32], papers: NDArray[np.int32], words: int) -> None:
        slots = rows.astype(np.int64) * words + papers // _WORD
        order = np.argsort(slots, kind="stable")
        slots, bits = slots[order], np.uint64(1) << (papers[order] % _WORD).astype(np.uint64)
        firsts = np.flatnonzero(np.diff(slots, prepend=-1))
        self._values = np.bitwise_or.reduceat(bits, firsts) if len(firsts) else bits
        self._rows, self._words = np.divmod(slots[firsts], words)

    def write(self, rows: Rows, first: int) -> None:
        """Set the words from `first` on in `rows`."""
        here = np.flatnonzero((self._words >= first) & (self._words < first + rows.shape[1]))
        rows[self._rows[here], self._words[here] - first] = self._values[here]
