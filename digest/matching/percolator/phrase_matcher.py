"""Following every term that queries look for through the words of many papers, all in one pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.phrase_automaton import ROOT, SHIFT, Keys, Numbers, Opening, Phrases, spread
from digest.matching.index.token_graph import Lattice

_LOW = (1 << SHIFT) - 1
_NOWHERE = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Standing:
    """Terms by number, each with a place where it stands: words `starts` to before `ends`."""

    terms: Numbers
    starts: Numbers
    ends: Numbers

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Standing":
        return Standing(self.terms[chosen], self.starts[chosen], self.ends[chosen])

    def __len__(self) -> int:
        return len(self.terms)

    def once(self) -> "Standing":
        """The same in order, nothing twice."""
        order = np.lexsort((self.ends, self.starts, self.terms))
        same = [np.diff(column[order], prepend=-1) == 0 for column in (self.terms, self.starts, self.ends)]
        return self[order[~np.logical_and.reduce(same)]]


def _together(parts: Sequence[Standing]) -> Standing:
    return Standing(
        np.concatenate([_NOWHERE, *(part.terms for part in parts)]),
        np.concatenate([_NOWHERE, *(part.starts for part in parts)]),
        np.concatenate([_NOWHERE, *(part.ends for part in parts)]),
    )


@dataclass(frozen=True)
class Walk:
    """Where each term of `phrases` stands in `lattice`, by term and start; `places` is the promise."""

    lattice: Lattice
    found: Standing

    @classmethod
    def through(cls, lattice: Lattice, phrases: Phrases) -> "Walk":
        """Follow the runs of words from every word on, shorter ones first, then what ends with a prefix."""
        runs = _runs(lattice, phrases)
        found = _together([runs, _openings(lattice, runs, phrases.openings)]) if phrases.openings else runs
        return cls(lattice, found[np.argsort(_keys(found.terms, found.starts), kind="stable")])

    @cached_property
    def _by_start(self) -> Keys:
        return _keys(self.found.terms, self.found.starts)

    @cached_property
    def _by_end(self) -> Keys:
        return np.sort(_keys(self.found.terms, self.found.ends))

    def near(self, left: Numbers, right: Numbers, distances: Numbers) -> tuple[NDArray[np.intp], Numbers]:
        """Of many pairs of terms, those that stand near each other in one text, and the text.

        Pairs come as their place in `left`, once for every place of the term that stands near.
        """
        pairs, places = spread(*(np.searchsorted(self.found.terms, left, side) for side in ("left", "right")))
        starts, ends = self.found.starts[places], self.found.ends[places]
        texts, others, at_most = self.lattice.texts[starts], right[pairs], distances[pairs]
        after = self._nearest(self._by_start, _keys(others, ends), "left", 0)
        before = self._nearest(self._by_end, _keys(others, starts), "right", -1)
        is_near = np.zeros(len(pairs), np.bool_)
        for keys, gaps in ((after, (after & _LOW) - ends), (before, starts - (before & _LOW))):
            place = np.minimum(keys & _LOW, len(self.lattice.texts) - 1)
            same = (keys >> SHIFT == others) & (self.lattice.texts[place] == texts)
            is_near |= same & (gaps >= 0) & (gaps <= at_most)
        return pairs[is_near], texts[is_near]

    @staticmethod
    def _nearest(keys: Keys, wanted: Keys, side: Literal["left", "right"], offset: int) -> Keys:
        """The key at or after each wanted one, or with an offset of -1 at or before it."""
        places = np.searchsorted(keys, wanted, side) + offset
        return keys[np.clip(places, 0, len(keys) - 1)] if len(keys) else wanted


def _keys(high: Numbers, low: Numbers) -> Keys:
    return high.astype(np.int64) << SHIFT | low


def _runs(lattice: Lattice, phrases: Phrases) -> Standing:
    numbers = np.append(lattice.stems.find(phrases.words)[lattice.stem_of], np.int32(-1))
    readings = ((numbers[lattice.words], 1), (numbers[lattice.joined], 2))
    every = np.arange(len(lattice.words), dtype=np.int32)
    here = Standing(np.full(len(every), ROOT, np.int32), every, every)
    reached: dict[int, list[Standing]] = {}
    found = []
    for depth in range(int(phrases.depths.max())):
        going_on = here[phrases.opens[here.terms]]
        for words, length in readings:
            some = going_on[words[going_on.ends] >= 0]
            origins, runs = phrases.follow(some.terms, words[some.ends], joined=length == 2)
            step = Standing(runs, some.starts[origins], some.ends[origins] + np.int32(length))
            depths = phrases.depths[runs]
            for after in (depth + 1, depth + 2):
                reached.setdefault(after, []).append(step[depths == after])
        here = _together(reached.pop(depth + 1))
        if depth:  # a single word cannot be reached in two ways
            here = here.once()
        found.append(here)
        if not len(here) and not any(len(step) for steps in reached.values() for step in steps):
            break
    return _together(found)


def _openings(lattice: Lattice, runs: Standing, openings: Sequence[Opening]) -> Standing:
    """Where terms that end with a prefix stand."""
    runs = runs[np.argsort(runs.terms, kind="stable")]
    bounds = {prefix: lattice.forms.beginning(prefix) for prefix in {one.prefix for one in openings}}
    parts = []
    for words, length in ((lattice.by_word, 1), (lattice.by_pair, 2)):
        some = [one for one in openings if one.pairs or length == 1]
        low, high = np.array([bounds[one.prefix] for one in some], np.int32).reshape(-1, 2).T
        numbers, of_run = np.array([(one.number, one.run) for one in some], np.int32).reshape(-1, 2).T
        # With nothing before it, where such a word stands; else where the run stands, if such a word follows.
        alone, after = np.flatnonzero(of_run == ROOT), np.flatnonzero(of_run != ROOT)
        owners, places = spread(*(np.searchsorted(words.forms, bound[alone]) for bound in (low, high)))
        follows, where = spread(
            np.searchsorted(runs.terms, of_run[after]), np.searchsorted(runs.terms, of_run[after], "right")
        )
        owners = np.concatenate((alone[owners], after[follows]))
        starts = np.concatenate((words.places[places], runs.starts[where]))
        ends = np.concatenate((words.places[places], runs.ends[where]))
        begins = _between(lattice.words[ends], low[owners], high[owners])
        if length == 2:  # where a word alone begins so, it is met alone
            begins = ~begins & _between(lattice.joined[ends], low[owners], high[owners])
        parts.append(Standing(numbers[owners], starts, ends + np.int32(length))[begins])
    return _together(parts).once()


def _between(forms: Numbers, low: Numbers, high: Numbers) -> NDArray[np.bool_]:
    return (forms >= low) & (forms < high)
