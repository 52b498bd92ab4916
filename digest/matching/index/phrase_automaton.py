"""Terms and the runs of words they are made of, numbered so that a text is followed for all at once."""

from array import array
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Term
from digest.matching.tokenizer import stem

Numbers = NDArray[np.int32]
Keys = NDArray[np.int64]
ROOT = 0  # the empty run, which ends anywhere
SHIFT = 32  # two numbers in one key


@dataclass(frozen=True, slots=True)
class Opening:
    """A term that ends with a prefix: `number` stands where a word beginning with `prefix` follows `run`.

    With `pairs`, two words that do so as one may follow instead.
    """

    number: int
    run: int
    prefix: str
    pairs: bool


class Phrases:
    """An automaton over stems. A state is a run of words that some query begins a phrase with.

    From a state the next word leads on, and so do the next two written as one. What was numbered stays:
    the words that people ask for are few, and most come back.
    """

    def __init__(self) -> None:
        self.words: dict[str, int] = {}
        self.openings: list[Opening] = []
        self._numbers: dict[tuple[int, str] | tuple[str, ...], int] = {}
        self._keys = array("q")
        self._targets = array("i")
        self._opens = array("b", [0])
        self._depths = array("i", [0])

    def number(self, term: Term) -> int:
        """The number of the term's words, whatever its field."""
        return self._opening(term.words) if term.prefix else self._run(term.words)

    def _run(self, words: tuple[str, ...]) -> int:
        before, last, run = ROOT, "", ROOT
        for word in words:
            number = self._numbers.get((run, word))
            if number is None:
                number = self._numbers[run, word] = self._new(int(self._depths[run]) + 1)
                self._lead(run, word, number)
                if last:
                    self._lead(before, last + word, number, written_together=True)
            before, last, run = run, word, number
        return run

    def _opening(self, words: tuple[str, ...]) -> int:
        number = self._numbers.get(words)
        if number is None:
            number = self._numbers[words] = self._new(0)
            self.openings.append(Opening(number, self._run(words[:-1]), words[-1], pairs=True))
            if len(words) > 1:
                as_one = "".join(words[-2:])
                self.openings.append(Opening(number, self._run(words[:-2]), as_one, pairs=False))
        return number

    def _new(self, depth: int) -> int:
        self._depths.append(depth)
        self._opens.append(0)
        for stale in ("_sorted", "opens", "depths"):
            self.__dict__.pop(stale, None)
        return len(self._depths) - 1

    def _lead(self, run: int, word: str, target: int, *, written_together: bool = False) -> None:
        number = self.words.setdefault(stem(word), len(self.words))
        self._keys.append(run << SHIFT | number)
        self._targets.append(2 * target + written_together)
        self._opens[run] = 1

    @cached_property
    def _sorted(self) -> tuple[Keys, Numbers]:
        keys, targets = np.array(self._keys, np.int64), np.array(self._targets, np.int32)
        order = np.argsort(keys, kind="stable")
        return keys[order], targets[order]

    @cached_property
    def opens(self) -> NDArray[np.bool_]:
        """For each run whether another word leads on."""
        return np.array(self._opens, np.bool_)

    @cached_property
    def depths(self) -> Numbers:
        """For each run its number of words."""
        return np.array(self._depths, np.int32)

    def follow(self, runs: Numbers, words: Numbers, *, joined: bool) -> tuple[NDArray[np.intp], Numbers]:
        """Where each run leads with the word in step: pairs of a place in `runs` and a run.

        Two words of a text that are `joined` to meet one word of a query do not meet two.
        """
        keys, targets = self._sorted
        places, found = lookup(runs.astype(np.int64) << SHIFT | words, keys, targets)
        if joined:
            fits = found & 1 == 0
            places, found = places[fits], found[fits]
        return places, found >> 1


def lookup(wanted: Keys, keys: Keys, values: Numbers) -> tuple[NDArray[np.intp], Numbers]:
    """All values of each wanted key, as pairs of a place in `wanted` and a value; `keys` are sorted."""
    firsts, ends = np.searchsorted(keys, wanted, "left"), np.searchsorted(keys, wanted, "right")
    places, found = spread(firsts, ends)
    return places, values[found]


def spread(firsts: NDArray[np.intp], ends: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every number from each of `firsts` to before its end, with the place of the pair it is from."""
    counts = ends - firsts
    places = np.repeat(np.arange(len(firsts)), counts)
    return places, np.arange(len(places)) + np.repeat(firsts - (np.cumsum(counts) - counts), counts)
