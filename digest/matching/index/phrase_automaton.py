"""A finite automaton over stems that recognises the phrases of all queries in one pass over a text."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Term
from digest.matching.tokenizer import all_stems_sought

Numbers = NDArray[np.int32]
Keys = NDArray[np.int64]
START = 0  # no word read yet; active at every position
SHIFT = 32  # two numbers in one key
LOW = (1 << SHIFT) - 1  # the second of them


@dataclass(frozen=True, slots=True)
class PrefixTerm:
    """A term that ends with a prefix: it occurs where a word that begins with `prefix` follows `state`.

    `number` is the term's. With `pairs`, two words whose joined form begins so may follow instead.
    """

    number: int
    state: int
    prefix: str
    pairs: bool


@dataclass(frozen=True, slots=True)
class VersionTerm:
    """A name with a version: it occurs where `whole` does, and where `name` does without any version."""

    number: int
    whole: int
    name: int


class PhraseAutomaton:
    """Each state is a sequence of words with which some query's phrase begins.

    From a state, the phrase's next word is a transition, and so are its next two words written as one.
    States are never removed: the words that people ask for are few, and most come back.
    """

    def __init__(self) -> None:
        self._words: dict[str, int] = {}
        self.prefix_terms: list[PrefixTerm] = []
        self.version_terms: dict[int, VersionTerm] = {}
        self._numbers: dict[tuple[int, str] | tuple[str, ...], int] = {}
        self._unread: list[tuple[int, str, int]] = []  # transitions whose words have yet to be stemmed
        self._keys = array("q")
        self._targets = array("i")
        self._continues = array("b", [0])
        self._depths = array("i", [0])
        self._built: Transitions | None = None

    def number(self, term: Term) -> int:
        """The number of the term's words, whatever its field."""
        if term.prefix:
            return self._prefix_term(term.words)
        whole = self._state(term.words)
        name = term.without_version
        return self._version_term(whole, self._state(name.words)) if name else whole

    def _version_term(self, whole: int, name: int) -> int:
        if whole not in self.version_terms:
            self.version_terms[whole] = VersionTerm(self._new(0), whole, name)
        return self.version_terms[whole].number

    def _state(self, words: tuple[str, ...]) -> int:
        before, last, state = START, "", START
        for word in words:
            number = self._numbers.get((state, word))
            if number is None:
                number = self._numbers[state, word] = self._new(int(self._depths[state]) + 1)
                self._add_transition(state, word, number)
                if last:
                    self._add_transition(before, last + word, number, written_together=True)
            before, last, state = state, word, number
        return state

    def _prefix_term(self, words: tuple[str, ...]) -> int:
        number = self._numbers.get(words)
        if number is None:
            number = self._numbers[words] = self._new(0)
            self.prefix_terms.append(PrefixTerm(number, self._state(words[:-1]), words[-1], pairs=True))
            if len(words) > 1:
                as_one = "".join(words[-2:])
                self.prefix_terms.append(PrefixTerm(number, self._state(words[:-2]), as_one, pairs=False))
        return number

    def _new(self, depth: int) -> int:
        self._depths.append(depth)
        self._continues.append(0)
        self._built = None
        return len(self._depths) - 1

    def _add_transition(self, state: int, word: str, target: int, *, written_together: bool = False) -> None:
        self._unread.append((state, word, 2 * target + written_together))
        self._continues[state] = 1

    def _read_words(self) -> None:
        """Stem the words of new transitions: all at once takes a fraction of the time."""
        found = all_stems_sought([word for _, word, _ in self._unread])
        for (state, _, target), stems in zip(self._unread, found, strict=True):
            for stem in stems:
                number = self._words.setdefault(stem, len(self._words))
                self._keys.append(state << SHIFT | number)
                self._targets.append(target)
        self._unread.clear()

    @property
    def words(self) -> Mapping[str, int]:
        """The number of each stem that some transition reads."""
        self._read_words()
        return self._words

    @property
    def transitions(self) -> "Transitions":
        """All transitions as arrays, made anew after a state was added."""
        if self._built is None:
            self._read_words()
            keys, targets = np.array(self._keys, np.int64), np.array(self._targets, np.int32)
            order = np.argsort(keys, kind="stable")
            self._built = Transitions(
                keys[order],
                targets[order],
                np.array(self._continues, np.bool_),
                np.array(self._depths, np.int32),
            )
        return self._built


@dataclass(frozen=True)
class Transitions:
    """The automaton at one moment. For each state `continues` says whether it has a transition, and `depths`
    how many words were read; `keys` (state and word in one, sorted) and `targets` are for `advance`.
    """

    keys: Keys
    targets: Numbers
    continues: NDArray[np.bool_]
    depths: Numbers

    def advance(self, states: Numbers, words: Numbers, *, joined: bool) -> tuple[NDArray[np.intp], Numbers]:
        """The states after reading the word in step: pairs of an index into `states` and a new state.

        Two words of a text that are `joined` match one word of a query, never two.
        """
        origins, found = lookup(states.astype(np.int64) << SHIFT | words, self.keys, self.targets)
        if joined:
            fits = found & 1 == 0
            origins, found = origins[fits], found[fits]
        return origins, found >> 1


def lookup(wanted: Keys, keys: Keys, values: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """All values of each wanted key, as pairs of an index into `wanted` and a value; `keys` are sorted."""
    firsts, ends = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    origins, found = spread(firsts, ends)
    return origins, values[found]


def spread(firsts: NDArray[np.intp], ends: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every number from each of `firsts` to before its end, with the index of the pair it is from."""
    counts = ends - firsts
    origins = np.repeat(np.arange(len(firsts)), counts)
    return origins, np.arange(len(origins)) + np.repeat(firsts - (np.cumsum(counts) - counts), counts)
