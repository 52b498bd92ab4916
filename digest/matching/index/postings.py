"""Inverted lists: for each form of each stem the texts that have it, and where it stands in them.

A slot is a field of a paper: `paper * len(FIELDS) + field`. A place is a position in a slot with two marks:
whether two words stand there that may be read as one, the form being theirs, and whether a version follows.
Texts of one slot, as the names of several authors, stand so far apart that nothing reaches across.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.columns import lines, pack, steps, sums, unpack
from digest.matching.index.phrase_automaton import SHIFT, Numbers
from digest.matching.index.token_graph import FIELDS, TokenGraph

APART = 64  # positions between texts of a slot; more than any query looks across
PAIR, VERSION, MARKS = 1, 2, 2  # the marks of a place, and how many bits they take
_MOST = 1 << 11  # slots in a block that has more than one stem


@dataclass(frozen=True)
class Slots:
    """A block of forms by stem, and the slots that have them: `by_stem` forms, `by_form` slots each."""

    stems: bytes  # each with a line feed
    forms: bytes
    by_stem: Numbers
    by_form: Numbers
    slots: Numbers

    @classmethod
    def load(cls, dumped: bytes) -> "Slots":
        (stems, forms), (by_stem, by_form, slots) = unpack(dumped)
        return cls(stems, forms, by_stem, by_form, sums(slots))

    def of_stem(self, stem: bytes) -> slice:
        """The forms of a stem, by number; none if it has none here."""
        table = b"\n" + self.stems
        found = table.find(b"\n" + stem + b"\n")
        if found < 0:
            return slice(0, 0)
        row = table.count(b"\n", 0, found)
        first = int(self.by_stem[:row].sum())
        return slice(first, first + int(self.by_stem[row]))

    def beginning(self, prefix: bytes) -> NDArray[np.bool_]:
        """For each form whether it begins so."""
        text = np.frombuffer(self.forms + bytes(len(prefix)), np.uint8)
        starts = np.append(0, np.flatnonzero(text == ord("\n")) + 1)[:-1]
        begins = np.ones(len(starts), np.bool_)
        for offset, byte in enumerate(prefix):
            begins &= text[starts + offset] == byte
        return begins


@dataclass(frozen=True)
class Postings:
    """All of an index: forms in the order of their stems, of each its slots, of each slot its places."""

    stems: Sequence[bytes]
    forms: Sequence[bytes]
    by_stem: Numbers
    by_form: Numbers
    slots: Numbers
    by_slot: Numbers
    places: Numbers

    @classmethod
    def of(cls, graph: TokenGraph) -> "Postings":
        """Those of a token graph."""
        order = np.argsort(graph.stem_of, kind="stable")  # of the forms, by stem
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        positions, forms, marks = _occurrences(graph)
        slot_of_text = graph.text_papers.astype(np.int64) * len(FIELDS) + graph.text_fields
        texts = graph.texts[positions]
        places = (positions - _starts(graph, slot_of_text)[texts]) << MARKS | marks
        sorting = np.argsort(rank[forms] << SHIFT | positions, kind="stable")
        names = list(zip(map(graph.stems.__getitem__, graph.stem_of[order].tolist()), order, strict=True))
        table = [(stem, graph.forms[form]) for stem, form in names]
        return _grouped(table, rank[forms][sorting], slot_of_text[texts[sorting]], places[sorting])

    @classmethod
    def merged(cls, parts: Sequence[tuple["Postings", Numbers]]) -> "Postings":
        """Those of several indexes as one; of each the new numbers of its papers, ascending, -1 for none."""
        names = [
            list(zip(np.repeat(np.array([*one.stems], object), one.by_stem), one.forms, strict=True))
            for one, _ in parts
        ]
        table = sorted(set().union(*names)) if names else []
        number = {name: place for place, name in enumerate(table)}
        ranks, slots, places = [], [], []
        for own, (one, papers) in zip(names, parts, strict=True):
            rank = np.array([number[name] for name in own], np.int64)
            paper, field = np.divmod(one.slots, len(FIELDS))
            kept = np.repeat(papers[paper] >= 0, one.by_slot)
            ranks.append(np.repeat(np.repeat(rank, one.by_form), one.by_slot)[kept])
            slots.append(np.repeat(papers[paper] * len(FIELDS) + field, one.by_slot)[kept])
            places.append(one.places[kept])
        all_ranks = np.concatenate(ranks)
        order = np.argsort(all_ranks, kind="stable")
        return _grouped(table, all_ranks[order], np.concatenate(slots)[order], np.concatenate(places)[order])

    def blocks(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """The first stem of each block, its slots, and its places (for `places`)."""
        forms = np.append(0, np.cumsum(self.by_stem))
        entries = np.append(0, np.cumsum(self.by_form))
        ends = np.append(0, np.cumsum(self.by_slot))
        for some in cut(np.diff(entries[forms])):
            of_forms = slice(forms[some.start], forms[some.stop])
            of_slots = slice(entries[of_forms.start], entries[of_forms.stop])
            slots = pack(
                self.stems[some],
                self.forms[of_forms],
                self.by_stem[some],
                self.by_form[of_forms],
                steps(self.slots[of_slots]),
            )
            places = self.places[ends[of_slots.start] : ends[of_slots.stop]]
            yield self.stems[some.start], slots, pack(self.by_slot[of_slots], places)

    @classmethod
    def joined(cls, blocks: Sequence[tuple[bytes, bytes]]) -> "Postings":
        """Those that were written as blocks, each as its slots and its places."""
        slots = [Slots.load(block) for block, _ in blocks]
        counts, positions = (
            zip(*(unpack(block)[1] for _, block in blocks), strict=True) if blocks else ((), ())
        )
        none = np.zeros(0, np.int32)
        return cls(
            [stem for each in slots for stem in lines(each.stems)],
            [form for each in slots for form in lines(each.forms)],
            np.concatenate([none, *(each.by_stem for each in slots)]),
            np.concatenate([none, *(each.by_form for each in slots)]),
            np.concatenate([none, *(each.slots for each in slots)]),
            np.concatenate([none, *counts]),
            np.concatenate([none, *positions]),
        )


def places_of(block: bytes, kept: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Of the slots of a block those that are `kept`: how many places each has, and these."""
    _, (by_slot, places) = unpack(block)
    return by_slot[kept], places[np.repeat(kept, by_slot)]


def cut(sizes: NDArray[np.integer]) -> Iterator[slice]:
    """Runs of consecutive entries of `_MOST` in all or, where one has more, only that."""
    ends = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = ends[first - 1] if first else 0
        after = max(int(np.searchsorted(ends, before + _MOST, "right")), first + 1)
        yield slice(first, after)
        first = after


def _occurrences(graph: TokenGraph) -> tuple[NDArray[np.int64], Numbers, NDArray[np.int64]]:
    """Where words stand, then where pairs do: position, form and marks."""
    before_version = np.zeros(len(graph.words) + 1, np.bool_)
    before_version[graph.versions] = True
    words, pairs = np.flatnonzero(graph.words >= 0), np.flatnonzero(graph.joined >= 0)
    return (
        np.concatenate((words, pairs)),
        np.concatenate((graph.words[words], graph.joined[pairs])),
        np.concatenate((VERSION * before_version[words], VERSION * before_version[pairs + 1] + PAIR)),
    )


def _starts(graph: TokenGraph, slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each text the position at which its slot would start, if texts of a slot stood apart."""
    ends = np.flatnonzero(graph.words == -1) + 1
    lengths = np.diff(ends, prepend=0) + APART
    before = np.cumsum(lengths) - lengths
    first = np.flatnonzero(np.diff(slots, prepend=-1))
    in_slot = before - np.repeat(before[first], np.diff(np.append(first, len(slots))))
    return np.asarray(np.append(0, ends)[:-1] - in_slot, np.int64)


def _grouped(
    table: Sequence[tuple[bytes, bytes]],
    ranks: NDArray[np.int64],
    slots: NDArray[np.integer],
    places: NDArray[np.integer],
) -> Postings:
    """Occurrences in the order of the ranks of their forms in `table`, and of their slots."""
    firsts = np.flatnonzero((np.diff(ranks, prepend=-1) != 0) | (np.diff(slots, prepend=-1) != 0))
    by_form = np.bincount(ranks[firsts], minlength=len(table))
    used = np.flatnonzero(by_form)
    names = [table[number] for number in used.tolist()]
    stems = [stem for stem, _ in names]
    new = [number for number, stem in enumerate(stems) if not number or stem != stems[number - 1]]
    return Postings(
        [stems[number] for number in new],
        [form for _, form in names],
        np.diff([*new, len(stems)]).astype(np.int32),
        by_form[used].astype(np.int32),
        slots[firsts].astype(np.int32),
        np.diff(np.append(firsts, len(ranks))).astype(np.int32),
        places.astype(np.int32),
    )
