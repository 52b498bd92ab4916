"""Many query trees as one array program: equal parts exist once and are evaluated once, level by level.

Every distinct part of every query is a node with a number. A node's papers are one row of bits; all nodes
of one level, kind and arity are computed by one vectorised operation on the rows of their children. The
cost of a day is a few machine words per node, whatever the shapes of the queries; adding or removing a
query touches only its own nodes.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import And, Leaf, Node, Not, Or, Weight
from digest.matching.index.paper_index import Index
from digest.matching.percolator.leaf_matcher import LeafMatcher

Rows = NDArray[np.uint64]
_WORD = 64
_BLOCK = 8  # words: 512 papers at a time keep the rows of a million queries near 200 MB
# Nodes of nearly the same arity share an operation: the last child is repeated, which changes nothing.
_ARITIES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200)
_OPERATIONS: dict[str, Callable[[Rows, Rows], Rows]] = {"and": np.bitwise_and, "or": np.bitwise_or}

_Inner = tuple[str | int, ...]  # kind, then the numbers of the children


class _Group:
    """The nodes of one level, kind and arity, packed."""

    def __init__(self, kind: str, arity: int) -> None:
        self.kind = kind
        self.arity = arity
        self.nodes = array("i")
        self.children = array("i")  # those of the first node, then those of the second, and so on

    def append(self, node: int, children: tuple[int, ...]) -> int:
        """The slot of the node from now on."""
        self.nodes.append(node)
        self.children.extend(children)
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
        result = rows[children[:, 0]]
        if self.kind == "not":
            np.invert(result, out=result)
        for column in range(1, self.arity):
            _OPERATIONS[self.kind](result, rows[children[:, column]], out=result)  # type: ignore[call-arg]
        rows[np.frombuffer(self.nodes, np.int32)] = result


class Program:
    """The parts of all queries that were added and not removed."""

    def __init__(self) -> None:
        self._leaf_matcher = LeafMatcher()
        self._numbers: dict[Leaf | _Inner, int] = {}
        self._parts: list[Leaf | _Inner | None] = []
        self._uses = array("i")
        self._levels = array("h")
        self._slots = array("i")
        self._free: list[int] = []
        self._groups: dict[tuple[int, str, int], _Group] = {}

    def __len__(self) -> int:
        """One more than the largest number in use."""
        return len(self._parts)

    @property
    def needs_topics(self) -> bool:
        """Whether any query asks for a preset topic."""
        return self._leaf_matcher.needs_topics

    def add(self, node: Node) -> int:
        """The number of `node`, which is kept until it was removed as often as added."""
        number = self._intern(node)
        self._uses[number] += 1
        return number

    def remove(self, number: int) -> None:
        """Undo one `add`."""
        self._uses[number] -= 1
        if self._uses[number]:
            return
        part = self._parts[number]
        assert part is not None
        del self._numbers[part]
        self._parts[number] = None
        self._free.append(number)
        if isinstance(part, tuple):
            kind, *children = part
            group = self._group(number, str(kind), len(children))
            self._slots[group.remove(self._slots[number])] = self._slots[number]
            for child in children:
                self.remove(int(child))
        else:
            self._leaf_matcher.remove(number)

    def evaluate(self, index: Index, wanted: NDArray[np.int64]) -> Rows:
        """For each wanted number the papers it holds for: bit n of its row for the n-th paper of `index`."""
        words = -(-index.count // _WORD)
        leaves = _Bits(*self._leaf_matcher.matches(index), words)
        result = np.empty((len(wanted), words), np.uint64)
        order = sorted(self._groups)
        for first in range(0, words, _BLOCK):
            rows = np.zeros((len(self), min(_BLOCK, words - first)), np.uint64)
            leaves.write(rows, first)
            for key in order:
                if self._groups[key].nodes:
                    self._groups[key].evaluate(rows)
            result[:, first : first + _BLOCK] = rows[wanted]
        if index.count % _WORD:
            result[:, -1] &= np.uint64((1 << index.count % _WORD) - 1)
        return result

    def _intern(self, node: Node) -> int:
        if isinstance(node, And | Or):
            children = {self._intern(part) for part in node.parts}
            return self._inner("and" if isinstance(node, And) else "or", tuple(sorted(children)))
        if isinstance(node, Not):
            return self._inner("not", (self._intern(node.part),))
        if isinstance(node, Weight):
            return self._intern(node.part)
        number = self._numbers.get(node)
        if number is None:
            number = self._number(node, 0)
            self._leaf_matcher.add(number, node)
        return number

    def _inner(self, kind: str, children: tuple[int, ...]) -> int:
        if len(children) == 1 and kind != "not":
            return children[0]
        part: _Inner = (kind, *children)
        number = self._numbers.get(part)
        if number is None:
            number = self._number(part, 1 + max([self._levels[child] for child in children]))
            for child in children:
                self._uses[child] += 1
            self._slots[number] = self._group(number, kind, len(children)).append(number, children)
        return number

    def _number(self, part: Leaf | _Inner, level: int) -> int:
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

    def _group(self, number: int, kind: str, arity: int) -> _Group:
        wide = _ARITIES[bisect_left(_ARITIES, arity)]
        key = (self._levels[number], kind, wide)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(kind, wide)
        return group


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
