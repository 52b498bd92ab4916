"""Which texts of stored papers have some words, and where: what is read of their indexes.

words → the blocks of slots that have them → the texts that may fit → places in these → a small token graph
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.columns import lines, unpack
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.postings import MARKS, PAIR, VERSION, Slots, places_of
from digest.matching.index.stored_index import Block, StoredIndexes
from digest.matching.index.string_table import Strings
from digest.matching.index.token_graph import FIELDS, TokenGraph
from digest.matching.tokenizer import all_stems_sought

_FILLER = b""  # stands for words that nobody looks for; before all others in the order of forms
ADJACENT = 3  # steps that tell whether words, or pairs of words, follow each other
_PLACE = 32  # bits of a key for the position in a slot


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for by its stems or, if it is a `prefix`, by how it begins."""

    text: str
    prefix: bool = False


@dataclass(frozen=True)
class _Part:
    """Forms of a block that were found; `slots` begin where those of the first paper of all do."""

    block: Block
    loaded: Slots
    forms: NDArray[np.bool_]
    slots: NDArray[np.int64]
    before: int

    @property
    def chosen(self) -> NDArray[np.bool_]:
        """Of the slots of the block those of the forms that were found."""
        return np.repeat(self.forms, self.loaded.by_form)


class WordLookup:
    """Where each of `words` stands in some stored indexes; places are read of those that are `placed`."""

    def __init__(self, indexes: StoredIndexes, words: Collection[Word], placed: Collection[Word]) -> None:
        self._indexes = indexes
        self._parts: list[_Part] = []
        self._slots = {word: np.zeros(indexes.count * len(FIELDS), np.bool_) for word in words}
        words_of = _blocks(indexes, words)
        blocks = sorted(words_of)
        for block, data in zip(blocks, indexes.read(blocks), strict=True):
            self._add(block, Slots.load(data), words_of[block], placed)

    def slots(self, word: Word) -> NDArray[np.bool_]:
        """Whether each slot has it."""
        return self._slots[word]

    def _add(
        self, block: Block, loaded: Slots, words: Mapping[Word, Sequence[bytes]], placed: Collection[Word]
    ) -> None:
        before = self._indexes.firsts[block[0]] * len(FIELDS)
        ends = np.append(0, np.cumsum(loaded.by_form))
        with_places = np.zeros(len(loaded.by_form), np.bool_)
        for word, stems in words.items():
            row = self._slots[word][before:]
            if word.prefix:
                chosen = loaded.beginning(word.text.encode())
                row[loaded.slots[np.repeat(chosen, loaded.by_form)]] = True
                with_places[chosen] |= word in placed
                continue
            for stem in stems:
                forms = loaded.of_stem(stem)
                row[loaded.slots[ends[forms.start] : ends[forms.stop]]] = True
                with_places[forms] |= word in placed
        if with_places.any():
            slots = loaded.slots[np.repeat(with_places, loaded.by_form)] + np.int64(before)
            self._parts.append(_Part(block, loaded, with_places, slots, before))

    def graph(self, slots: NDArray[np.bool_], reach: int) -> TokenGraph:
        """A token graph of nothing but the placed words in these slots.

        Words that stand `reach` or more apart stand `reach` apart in it.
        """
        parts = [one for one in self._parts if slots[one.slots].any()]
        places = [self._place_block(one.block) for one in parts]
        found = [
            _occurring(one, block, slots)
            for one, block in zip(parts, self._indexes.read(places), strict=True)
        ]
        return _compact(found, reach)

    def _place_block(self, block: Block) -> Block:
        part, number = block
        index = self._indexes.parts[part]
        return part, number - index.slots.start + index.places.start


def _blocks(
    indexes: StoredIndexes, words: Collection[Word]
) -> Mapping[Block, Mapping[Word, Sequence[bytes]]]:
    """The blocks of slots that may have each word, with its stems."""
    found: dict[Block, dict[Word, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    whole = [word for word in words if not word.prefix]
    for word, stems in zip(whole, all_stems_sought([word.text for word in whole]), strict=True):
        for stem in map(str.encode, stems):
            for part, index in enumerate(indexes.parts):
                for number in index.slots.holding(stem):
                    found[part, number][word].append(stem)
    for word in words:
        if word.prefix:
            for block in _holding_forms(indexes, word.text.encode()):
                found[block][word] = []
    return found


def _holding_forms(indexes: StoredIndexes, prefix: bytes) -> Iterator[Block]:
    """The blocks of slots that have forms which begin so."""
    blocks = [
        (part, number) for part, index in enumerate(indexes.parts) for number in index.forms.beginning(prefix)
    ]
    for (part, _), data in zip(blocks, indexes.read(blocks), strict=True):
        (forms,), (numbers,) = unpack(data)
        start = indexes.parts[part].slots.start
        names = lines(forms)
        some = slice(bisect_left(names, prefix), bisect_left(names, prefix + b"\xff"))
        yield from ((part, start + number) for number in np.unique(numbers[some]).tolist())


@dataclass(frozen=True)
class _Occurring:
    """Forms with their stems, how often each occurs, and where: keys of a slot and a position, and marks."""

    forms: Sequence[bytes]
    stems: Sequence[bytes]
    often: Numbers
    keys: NDArray[np.int64]
    marks: Numbers


def _occurring(part: _Part, block: bytes, wanted: NDArray[np.bool_]) -> _Occurring:
    loaded = part.loaded
    numbers = np.flatnonzero(part.forms)
    kept = np.zeros(len(loaded.slots), np.bool_)
    here = wanted[part.slots]
    kept[np.flatnonzero(part.chosen)[here]] = True
    by_slot, places = places_of(block, kept)
    form_of_slot = np.repeat(np.arange(len(numbers)), loaded.by_form[numbers])[here]
    often = np.bincount(form_of_slot, by_slot, len(numbers)).astype(np.int32)
    keys = np.repeat(part.slots[here], by_slot) << _PLACE | places >> MARKS
    forms, stems = lines(loaded.forms), lines(loaded.stems)
    stem_of = np.searchsorted(np.cumsum(loaded.by_stem), numbers, "right")
    return _Occurring(
        [forms[number] for number in numbers.tolist()],
        [stems[number] for number in stem_of.tolist()],
        often,
        keys,
        places & (PAIR | VERSION),
    )


def _compact(found: Sequence[_Occurring], reach: int) -> TokenGraph:
    keys = np.concatenate([np.zeros(0, np.int64), *(each.keys for each in found)])
    marks = np.concatenate([np.zeros(0, np.int32), *(each.marks for each in found)])
    kept = np.sort(keys)
    kept = kept[np.diff(kept, prepend=-1) != 0]
    slots = kept >> _PLACE
    new_text = np.diff(slots, prepend=-1) != 0
    steps = np.where(new_text, reach, np.minimum(np.diff(kept, prepend=0), reach))
    steps[:1] = 0
    places = np.cumsum(steps)
    length = int(places[-1]) + ADJACENT if len(places) else 0
    forms, ranks, stems, stem_of = _sorted_forms(found)
    words = np.zeros(length, np.int32)  # the filler
    joined = np.full(length, -1, np.int32)
    at = places[np.searchsorted(kept, keys)]
    is_pair = marks & PAIR != 0
    words[at[~is_pair]] = ranks[~is_pair]
    joined[at[is_pair]] = ranks[is_pair]
    words[places[new_text][1:] - 1] = -1
    words[-1:] = -1
    versions = np.unique((at + is_pair)[marks & VERSION != 0])  # they follow the last word of a pair
    papers, fields = np.divmod(slots[new_text], len(FIELDS))
    return TokenGraph(
        forms=forms,
        stems=stems,
        stem_of=stem_of,
        words=words,
        joined=joined,
        versions=versions.astype(np.int32),
        text_papers=papers.astype(np.int32),
        text_fields=fields.astype(np.int8),
    )


def _sorted_forms(found: Sequence[_Occurring]) -> tuple[Strings, Numbers, Strings, Numbers]:
    """All forms in order, that of each occurrence as its place there, all stems, and that of each form."""
    stem_by_form = {_FILLER: _FILLER}
    for each in found:
        stem_by_form.update(zip(each.forms, each.stems, strict=True))
    forms = sorted(stem_by_form)
    stems = sorted(set(stem_by_form.values()))
    number = {form: place for place, form in enumerate(forms)}
    stem_number = {stem: place for place, stem in enumerate(stems)}
    ranks = [np.repeat([number[form] for form in each.forms], each.often).astype(np.int32) for each in found]
    return (
        Strings.packing(forms),
        np.concatenate([np.zeros(0, np.int32), *ranks]),
        Strings.packing(stems),
        np.array([stem_number[stem_by_form[form]] for form in forms], np.int32),
    )
