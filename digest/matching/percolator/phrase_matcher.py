"""Where the terms of all queries occur in many papers, found in one pass over the token graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.phrase_automaton import (
    LOW,
    SHIFT,
    START,
    Keys,
    Numbers,
    PhraseAutomaton,
    PrefixTerm,
    VersionTerm,
    spread,
)
from digest.matching.index.token_graph import TokenGraph

_NO_TERMS = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Occurrences:
    """Terms by number, each with the positions where one occurrence `starts` and ends (exclusive)."""

    terms: Numbers
    starts: Numbers
    ends: Numbers

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Occurrences":
        return Occurrences(self.terms[chosen], self.starts[chosen], self.ends[chosen])

    def __len__(self) -> int:
        return len(self.terms)

    def unique(self) -> "Occurrences":
        """The same, sorted and without repetition."""
        order = np.lexsort((self.ends, self.starts, self.terms))
        same = [np.diff(column[order], prepend=-1) == 0 for column in (self.terms, self.starts, self.ends)]
        return self[order[~np.logical_and.reduce(same)]]


def _concatenated(parts: Sequence[Occurrences]) -> Occurrences:
    return Occurrences(
        np.concatenate([_NO_TERMS, *(part.terms for part in parts)]),
        np.concatenate([_NO_TERMS, *(part.starts for part in parts)]),
        np.concatenate([_NO_TERMS, *(part.ends for part in parts)]),
    )


@dataclass(frozen=True)
class GroupedOccurrences:
    """Where the terms of groups occur: keys of a group's number and a position, sorted."""

    by_start: Keys
    by_end: Keys


@dataclass(frozen=True)
class PhraseMatcher:
    """The occurrences of an automaton's terms in `graph`, sorted by term and start.

    `digest.matching.ranking.term_positions` defines what an occurrence is; tests compare the two.
    """

    graph: TokenGraph
    occurrences: Occurrences

    @classmethod
    def scan(cls, graph: TokenGraph, automaton: PhraseAutomaton) -> "PhraseMatcher":
        """Run the automaton from every position, then look for the terms that end with a prefix."""
        found = _phrases(graph, automaton)
        others = []
        if automaton.prefix_terms:
            others.append(_prefix_terms(graph, found, automaton.prefix_terms))
        if automaton.version_terms:
            others.append(_version_terms(graph, found, [*automaton.version_terms.values()]))
        found = _concatenated([found, *others])
        return cls(graph, found[np.argsort(_keys(found.terms, found.starts), kind="stable")])

    def grouped(self, terms: Numbers, groups: Numbers) -> "GroupedOccurrences":
        """The occurrences of groups of terms; `terms` and `groups` say of each term in which it is."""
        pairs, chosen = spread(*self._bounds(terms))
        found = self.occurrences[chosen]
        return GroupedOccurrences(
            np.sort(_keys(groups[pairs], found.starts)), np.sort(_keys(groups[pairs], found.ends))
        )

    def _bounds(self, terms: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        known = self.occurrences.terms
        return np.searchsorted(known, terms, "left"), np.searchsorted(known, terms, "right")

    def near(
        self, left: Numbers, right: Numbers, distances: Numbers, groups: "GroupedOccurrences"
    ) -> tuple[NDArray[np.intp], Numbers]:
        """Of many pairs of a term and a group, those that occur near each other in one text, and the text.

        Pairs come as their index in `left`, once for every occurrence of the term that has one near. A group
        costs as much as one term: only its nearest occurrence matters.
        """
        pairs, chosen = spread(*self._bounds(left))
        starts, ends = self.occurrences.starts[chosen], self.occurrences.ends[chosen]
        texts, others, at_most = self.graph.texts[starts], right[pairs], distances[pairs]
        after = self._nearest(groups.by_start, _keys(others, ends), "left", 0)
        before = self._nearest(groups.by_end, _keys(others, starts), "right", -1)
        is_near = np.zeros(len(pairs), np.bool_)
        for keys, gaps in ((after, (after & LOW) - ends), (before, starts - (before & LOW))):
            position = np.minimum(keys & LOW, len(self.graph.texts) - 1)
            same = (keys >> SHIFT == others) & (self.graph.texts[position] == texts)
            is_near |= same & (gaps >= 0) & (gaps <= at_most)
        return pairs[is_near], texts[is_near]

    @staticmethod
    def _nearest(keys: Keys, wanted: Keys, side: Literal["left", "right"], offset: int) -> Keys:
        """The key at or after each wanted one, or with an offset of -1 at or before it."""
        if not len(keys):
            return np.full_like(wanted, -1)  # which is no group's
        positions = np.searchsorted(keys, wanted, side) + offset
        return keys[np.clip(positions, 0, len(keys) - 1)]


def _keys(high: Numbers, low: Numbers) -> Keys:
    return high.astype(np.int64) << SHIFT | low


def _phrases(graph: TokenGraph, automaton: PhraseAutomaton) -> Occurrences:
    numbers = np.append(graph.stems.find(automaton.words)[graph.stem_of], np.int32(-1))
    readings = ((numbers[graph.words], 1), (numbers[graph.joined], 2))
    every = np.arange(len(graph.words), dtype=np.int32)
    transitions = automaton.transitions
    here = Occurrences(np.full(len(every), START, np.int32), every, every)
    reached: dict[int, list[Occurrences]] = {}
    found = []
    for depth in range(int(transitions.depths.max())):
        going_on = here[transitions.continues[here.terms]]
        for words, length in readings:
            some = going_on[words[going_on.ends] >= 0]
            origins, states = transitions.advance(some.terms, words[some.ends], joined=length == 2)
            step = Occurrences(states, some.starts[origins], some.ends[origins] + np.int32(length))
            depths = transitions.depths[states]
            for after in (depth + 1, depth + 2):
                reached.setdefault(after, []).append(step[depths == after])
        here = _concatenated(reached.pop(depth + 1))
        if depth:  # a state of one word is reached in one way only
            here = here.unique()
        found.append(here)
        if not len(here) and not any(len(step) for steps in reached.values() for step in steps):
            break
    return _concatenated(found)


def _prefix_terms(graph: TokenGraph, phrases: Occurrences, prefix_terms: Sequence[PrefixTerm]) -> Occurrences:
    """Where terms that end with a prefix occur, given where their other words do."""
    phrases = phrases[np.argsort(phrases.terms, kind="stable")]
    bounds = {prefix: graph.forms.beginning(prefix) for prefix in {one.prefix for one in prefix_terms}}
    parts = []
    for words, length in ((graph.by_word, 1), (graph.by_pair, 2)):
        some = [one for one in prefix_terms if one.pairs or length == 1]
        low, high = np.array([bounds[one.prefix] for one in some], np.int32).reshape(-1, 2).T
        numbers, states = np.array([(one.number, one.state) for one in some], np.int32).reshape(-1, 2).T
        # A prefix alone occurs at such a word; after other words, where they occur and such a word follows.
        alone, after = np.flatnonzero(states == START), np.flatnonzero(states != START)
        owners, positions = spread(*(np.searchsorted(words.forms, bound[alone]) for bound in (low, high)))
        follows, where = spread(
            np.searchsorted(phrases.terms, states[after]),
            np.searchsorted(phrases.terms, states[after], "right"),
        )
        owners = np.concatenate((alone[owners], after[follows]))
        starts = np.concatenate((words.positions[positions], phrases.starts[where]))
        ends = np.concatenate((words.positions[positions], phrases.ends[where]))
        begins = _between(graph.words[ends], low[owners], high[owners])
        if length == 2:  # where the first word alone begins so, it matches alone
            begins = ~begins & _between(graph.joined[ends], low[owners], high[owners])
        parts.append(Occurrences(numbers[owners], starts, ends + np.int32(length))[begins])
    return _concatenated(parts).unique()


def _version_terms(graph: TokenGraph, phrases: Occurrences, terms: Sequence[VersionTerm]) -> Occurrences:
    """Where names with a version occur, given where they do word by word, and the names by themselves."""
    numbers, wholes, names = np.array([(one.number, one.whole, one.name) for one in terms], np.int32).T
    phrases = phrases[np.isin(phrases.terms, np.concatenate((wholes, names)))]
    phrases = phrases[np.argsort(phrases.terms, kind="stable")]
    parts = []
    for states in (wholes, names):
        owners, chosen = spread(
            np.searchsorted(phrases.terms, states), np.searchsorted(phrases.terms, states, "right")
        )
        starts, ends = phrases.starts[chosen], phrases.ends[chosen]
        part = Occurrences(numbers[owners], starts, ends)
        parts.append(part if states is wholes else part[~graph.has_version(ends - 1)])
    return _concatenated(parts).unique()


def _between(forms: Numbers, low: Numbers, high: Numbers) -> NDArray[np.bool_]:
    return (forms >= low) & (forms < high)
