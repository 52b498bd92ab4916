"""The leaves of many queries, and which papers of an index satisfy each: what a query's tree is built on."""

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from digest.matching.index import Index
from digest.matching.lattice import FIELDS, together
from digest.matching.phrases import Keys, Numbers, Pattern, Phrases, lookup
from digest.matching.query import Compare, Leaf, Near, Term, Topic
from digest.matching.walk import Walk

_NONE = -1


@dataclass(frozen=True, slots=True)
class Beside:
    """`Near` with its terms as patterns."""

    left: tuple[Pattern, ...]
    right: tuple[Pattern, ...]
    distance: int


_Asked = Pattern | Beside | Compare | Topic


class Leaves:
    """Leaves under numbers of the caller's.

    Plain terms, nearly all there are, are columns: the run of words, and the fields as a set of bits.
    """

    def __init__(self) -> None:
        self._phrases = Phrases()
        self._runs = array("i")
        self._fields = array("B")
        self._others: dict[int, _Asked] = {}

    @property
    def ask_topics(self) -> bool:
        """Whether any leaf asks for a topic."""
        return any(isinstance(leaf, Topic) for leaf in self._others.values())

    def add(self, number: int, leaf: Leaf) -> None:
        """Keep `leaf` under `number`, where there is none."""
        while len(self._runs) <= number:
            self._runs.append(_NONE)
            self._fields.append(0)
        if isinstance(leaf, Term) and not leaf.prefix:
            self._runs[number] = self._phrases.run(leaf.words)
            self._fields[number] = sum(1 << FIELDS.index(field) for field in leaf.fields)
            self.__dict__.pop("_plain", None)
            return
        match leaf:
            case Term():
                self._others[number] = self._phrases.pattern(leaf)
            case Near(left, right, distance):
                pattern = self._phrases.pattern
                beside = Beside(tuple(map(pattern, left)), tuple(map(pattern, right)), distance)
                self._others[number] = beside
            case _:
                self._others[number] = leaf

    def remove(self, number: int) -> None:
        """Forget the leaf under `number`."""
        if self._runs[number] == _NONE:
            del self._others[number]
        else:
            self._runs[number] = _NONE
            self.__dict__.pop("_plain", None)

    @cached_property
    def _plain(self) -> tuple[Keys, Numbers]:
        """The leaf of each run and field, in the order of both."""
        runs, fields = np.array(self._runs, np.int64), np.array(self._fields, np.uint8)
        keys, numbers = [], []
        for bit in range(len(FIELDS)):
            chosen = np.flatnonzero((runs != _NONE) & (fields >> np.uint8(bit) & 1).astype(np.bool_))
            keys.append(runs[chosen] * len(FIELDS) + bit)
            numbers.append(chosen.astype(np.int32))
        all_keys, all_numbers = np.concatenate(keys), np.concatenate(numbers)
        order = np.argsort(all_keys, kind="stable")
        return all_keys[order], all_numbers[order]

    def kept(self, index: Index) -> tuple[Numbers, Numbers]:
        """Pairs of a leaf's number and a paper that satisfies it, in no order, some perhaps twice."""
        walk = Walk.through(index.lattice, self._phrases)
        parts = [self._terms(walk)]
        for number, asked in self._others.items():
            papers = _papers(asked, index, walk)
            parts.append((np.full(len(papers), number, np.int32), papers))
        return np.concatenate([n for n, _ in parts]), np.concatenate([papers for _, papers in parts])

    def _terms(self, walk: Walk) -> tuple[Numbers, Numbers]:
        keys, numbers = self._plain
        texts = walk.lattice.texts[walk.places_of_runs.starts]
        # A run is found once a text, however often it stands there.
        standing = np.sort(walk.runs.astype(np.int64) << 32 | texts)
        standing = standing[np.diff(standing, prepend=-1) != 0]
        runs, texts = standing >> 32, standing & 0xFFFFFFFF
        wanted = runs * len(FIELDS) + walk.lattice.text_fields[texts]
        found, leaves = lookup(wanted, keys, numbers)
        return leaves, walk.lattice.text_papers[texts[found]]


def _papers(asked: _Asked, index: Index, walk: Walk) -> Numbers:
    """The papers that satisfy a leaf which is no plain term."""
    match asked:
        case Pattern():
            return walk.lattice.papers(walk.places(asked))
        case Beside(left, right, distance):
            one, other = (together([walk.places(pattern) for pattern in side]) for side in (left, right))
            return walk.lattice.papers(walk.lattice.near(one, other, distance))
        case Compare(number, operator, value):
            return np.flatnonzero(index.compare(number, operator, value)).astype(np.int32)
        case Topic(slug):
            return np.flatnonzero(index.topics.get(slug, ())).astype(np.int32)
