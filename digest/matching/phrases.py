"""Words and runs of words that queries look for, numbered so that a text is followed for all at once."""

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.query import Field, Term
from digest.matching.text import stem

Numbers = NDArray[np.int32]
Keys = NDArray[np.int64]
ROOT = 0  # the empty run, which ends anywhere
_SHIFT = 32


@dataclass(frozen=True, slots=True)
class Pattern:
    """A term by the runs it is made of.

    It stands where `run` ends; if it ends with a `prefix`, where a word beginning so follows `run`, or
    where one word beginning with `written_together`, its last two words, follows `before`.
    """

    fields: tuple[Field, ...]
    run: int
    prefix: str = ""
    before: int = ROOT
    written_together: str = ""


class Phrases:
    """An automaton over stems. A state is a run of words that some query begins a phrase with.

    From a state the next word leads on, and so do the next two written as one. Runs are numbered as they
    come, and stay: the words that people ask for are few, and most come back.
    """

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self._runs: dict[tuple[int, str], int] = {}
        self._keys = array("q")
        self._targets = array("i")
        self._opens = array("b", [0])  # whether a run goes on
        self._depths = array("i", [0])

    def run(self, words: tuple[str, ...]) -> int:
        """The number of these folded words as a run."""
        before, last, run = ROOT, "", ROOT
        for word in words:
            number = self._runs.get((run, word))
            if number is None:
                number = self._runs[run, word] = len(self._depths)
                self._depths.append(self._depths[run] + 1)
                self._opens.append(0)
                self._lead(run, word, number)
                if last:
                    self._lead(before, last + word, number, written_together=True)
            before, last, run = run, word, number
        return run

    def pattern(self, term: Term) -> Pattern:
        """The term, its runs numbered."""
        words = term.words
        if not term.prefix:
            return Pattern(term.fields, self.run(words))
        run = self.run(words[:-1])
        if len(words) == 1:
            return Pattern(term.fields, run, words[-1])
        return Pattern(term.fields, run, words[-1], self.run(words[:-2]), "".join(words[-2:]))

    def _lead(self, run: int, word: str, target: int, *, written_together: bool = False) -> None:
        number = self.words.setdefault(stem(word), len(self.words))
        self._keys.append(run << _SHIFT | number)
        self._targets.append(2 * target + written_together)
        self._opens[run] = 1
        for stale in ("_sorted", "opens", "depths"):
            self.__dict__.pop(stale, None)

    @cached_property
    def _sorted(self) -> tuple[Keys, Numbers]:
        keys, targets = np.array(self._keys, np.int64), np.array(self._targets, np.int32)
        order = np.argsort(keys, kind="stable")
        return keys[order], targets[order]

    @cached_property
    def opens(self) -> NDArray[np.bool_]:
        """For each run whether another word leads on."""
        return np.array(self._opens, np.bool_)

    @property
    def longest(self) -> int:
        """The number of words of the longest run."""
        return int(self.depths.max())

    @cached_property
    def depths(self) -> Numbers:
        """For each run its number of words."""
        return np.array(self._depths, np.int32)

    def follow(self, runs: Numbers, words: Numbers, *, joined: bool) -> tuple[NDArray[np.intp], Numbers]:
        """Where each run leads with the word in step: pairs of a place in `runs` and a run.

        Two words of a text that are `joined` to meet one word of a query do not meet two.
        """
        keys, targets = self._sorted
        places, found = lookup(runs.astype(np.int64) << _SHIFT | words, keys, targets)
        if joined:
            fits = found & 1 == 0
            places, found = places[fits], found[fits]
        return places, found >> 1


def lookup(wanted: Keys, keys: Keys, values: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """All values of each wanted key, as pairs of a place in `wanted` and a value; `keys` are sorted."""
    first = np.searchsorted(keys, wanted, "left")
    counts = np.searchsorted(keys, wanted, "right") - first
    places = np.repeat(np.arange(len(wanted)), counts)
    within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places, values[np.repeat(first, counts) + within]
