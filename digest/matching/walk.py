"""Following every phrase that queries look for through the words of many papers, all in one pass."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.lattice import Lattice, Places, together
from digest.matching.phrases import ROOT, Numbers, Pattern, Phrases


@dataclass(frozen=True)
class Walk:
    """Where each run of words stands in `lattice`: `runs` ascending, and the place of each."""

    lattice: Lattice
    runs: Numbers
    places_of_runs: Places

    @classmethod
    def through(cls, lattice: Lattice, phrases: Phrases) -> "Walk":
        """Follow the runs from every word on, shorter ones first; `digest.matching.places` is the promise."""
        numbers = np.append(lattice.stems.find(phrases.words)[lattice.stem_of], np.int32(-1))
        readings = ((numbers[lattice.words], 1), (numbers[lattice.joined], 2))
        every = np.arange(len(lattice.words), dtype=np.int32)
        here = (np.full(len(every), ROOT, np.int32), Places(every, every))
        reached: dict[int, list[tuple[Numbers, Places]]] = {}
        ended = []
        for depth in range(phrases.longest):
            runs, places = _that(here, phrases.opens[here[0]])
            for words, length in readings:
                leads = words[places.ends] >= 0
                some_runs, some = runs[leads], places[leads]
                found, targets = phrases.follow(some_runs, words[some.ends], joined=length == 2)
                step = Places(some.starts[found], some.ends[found] + np.int32(length))
                depths = phrases.depths[targets]
                for after in (depth + 1, depth + 2):
                    reached.setdefault(after, []).append(_that((targets, step), depths == after))
            # The first words cannot be reached twice in one way; longer runs can.
            here = _together(reached.pop(depth + 1), distinct=depth > 0)
            ended.append(here)
        runs, places = _together(ended, distinct=False)
        order = np.argsort(runs, kind="stable")
        return cls(lattice, runs[order], places[order])

    def places(self, pattern: Pattern) -> Places:
        """Where a term stands in its fields."""
        found = self._beginning(pattern.run, pattern.prefix) if pattern.prefix else self._of(pattern.run)
        if pattern.written_together:
            found = together([found, self._beginning(pattern.before, pattern.written_together, pairs=False)])
        return found[self.lattice.within(found, pattern.fields)]

    def _of(self, run: int) -> Places:
        first, end = np.searchsorted(self.runs, [run, run + 1])
        return self.places_of_runs[first:end]

    def _beginning(self, run: int, prefix: str, *, pairs: bool = True) -> Places:
        """Where a word beginning with `prefix` follows `run`, or else a pair of words that does as one."""
        lattice = self.lattice
        low, high = lattice.forms.beginning(prefix)
        if run == ROOT:
            words, both = (by.between(low, high) for by in lattice.by_form)
            alone, others = Places(words, words), Places(both, both)
        else:
            follows = self._of(run)
            begins = _between(lattice.words[follows.ends], low, high)
            alone, others = follows[begins], follows[~begins]
        if not pairs:
            return alone.longer(1)
        as_one = _between(lattice.joined[others.ends], low, high)
        not_alone = ~_between(lattice.words[others.ends], low, high)
        return together([alone.longer(1), others[as_one & not_alone].longer(2)])


def _between(forms: Numbers, low: int, high: int) -> NDArray[np.bool_]:
    return (forms >= low) & (forms < high)


def _that(part: tuple[Numbers, Places], chosen: NDArray[np.bool_]) -> tuple[Numbers, Places]:
    return part[0][chosen], part[1][chosen]


def _together(parts: list[tuple[Numbers, Places]], *, distinct: bool) -> tuple[Numbers, Places]:
    """Runs and their places from several parts, each once if they have to be made `distinct`."""
    runs = np.concatenate([np.zeros(0, np.int32), *(runs for runs, _ in parts)])
    places = together([places for _, places in parts])
    if not distinct or not len(runs):
        return runs, places
    order = np.lexsort((places.ends, places.starts, runs))
    runs, places = runs[order], places[order]
    again = (np.diff(runs) == 0) & (np.diff(places.starts) == 0) & (np.diff(places.ends) == 0)
    return _that((runs, places), np.append(True, ~again))
