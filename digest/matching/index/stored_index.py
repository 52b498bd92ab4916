"""A stored index: of many papers that part is read which some queries are about, as an `Index` of its own.

what queries look for → the blocks with these words → a token graph of nothing but these words → the engine

A word that is only looked for by itself is read where it first stands in a text; words of phrases and NEAR
are read wherever they stand. Distances between words are kept as far as the queries can tell.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.blocks import Found, Occurring, lines, unpack
from digest.matching.index.paper_index import Index
from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.string_table import Strings
from digest.matching.index.token_graph import TokenGraph

Read = Callable[[Collection[int]], Iterable[bytes]]  # the blocks of these numbers, in their order

VERSIONS = 0  # the block of the positions at which a word with a version stands
_FILLER = b""  # stands for words that nobody looks for; before all others in the order of forms
_ADJACENT = 3  # steps that tell whether words, or pairs of words, follow each other


@dataclass(frozen=True)
class Sought:
    """What some queries look for: stems, and prefixes of words; which of them in phrases, so `everywhere`.

    `distance` is the most words between two that are near each other, 0 if none need be; `versions` says
    whether names without a version are told from those with one. `liked` are the stems of papers that others
    shall be like.
    """

    stems: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    everywhere: frozenset[str] = frozenset()
    prefixes_everywhere: frozenset[str] = frozenset()
    distance: int = 0
    versions: bool = False
    liked: frozenset[str] = frozenset()

    @property
    def reach(self) -> int:
        """From which distance on two words are as good as anywhere in the same text."""
        if self.distance:
            return self.distance + _ADJACENT
        return _ADJACENT if self.everywhere or self.prefixes_everywhere else 1


@dataclass(frozen=True)
class Family:
    """Blocks of one kind, numbered from `start` in the order of their words; the first word of each."""

    firsts: Sequence[bytes]
    start: int

    def holding(self, words: Iterable[str]) -> set[int]:
        """The blocks in which these words stand, if they do."""
        places = {bisect_right(self.firsts, word.encode()) - 1 for word in words}
        return {self.start + place for place in places if place >= 0}

    def beginning(self, prefix: str) -> set[int]:
        """The blocks in which there may be words that begin so."""
        first = max(bisect_right(self.firsts, prefix.encode()) - 1, 0)
        return set(
            range(self.start + first, self.start + bisect_left(self.firsts, prefix.encode() + b"\xff"))
        )


@dataclass(frozen=True)
class StoredIndex:
    """What of an index is in memory: all but its words, which stand in blocks.

    `numbers`, `topics` and texts are those of `Index` and its graph; `text_ends` are the positions at which
    texts have ended. `lengths` and `sizes` are those of the vectors of papers.
    `first` has where words stand first in each text, `rest` where else, `forms` in which block of
    `first` each form is,
    `vectors` how often papers
    have the stems by which they are compared.
    """

    count: int
    numbers: Mapping[Number, NDArray[np.int64]]
    topics: Mapping[str, NDArray[np.bool_]]
    text_ends: Numbers
    text_papers: Numbers
    text_fields: NDArray[np.int8]
    lengths: NDArray[np.float64]
    sizes: NDArray[np.int64]
    first: Family
    rest: Family
    forms: Family
    vectors: Family

    def part(self, sought: Sought, read: Read) -> Index:
        """The index of all its papers as far as `sought` goes; `read` gives blocks by their numbers."""
        graph = self._graph(sought, read)
        return Index(self.count, graph, self.numbers, self.topics, self._vectors(sought.liked, read))

    def _graph(self, sought: Sought, read: Read) -> TokenGraph:
        first = self.first.holding(sought.stems) | self._holding_forms(sought.prefixes, read)
        found = _found(read(sorted(first)), sought.stems, sought.prefixes)
        prefixed = tuple(prefix.encode() for prefix in sought.prefixes_everywhere)
        stems = {
            stem.decode()
            for each in found
            for form, stem in zip(each.forms, each.stems, strict=True)
            if prefixed and form.startswith(prefixed)
        }
        rest = self.rest.holding(sought.everywhere | stems)
        found += _found(read(sorted(rest)), sought.everywhere, sought.prefixes_everywhere)
        versions = _versions(read([VERSIONS])) if sought.versions else np.zeros(0, np.int32)
        return _compact(self, found, versions, sought.reach)

    def _holding_forms(self, prefixes: Collection[str], read: Read) -> set[int]:
        """The blocks of `first` that have forms which begin with one of the prefixes."""
        blocks = {number for prefix in prefixes for number in self.forms.beginning(prefix)}
        begins = tuple(prefix.encode() for prefix in prefixes)
        return {
            number
            for block in read(sorted(blocks))
            for forms, numbers in [unpack(block, "u1 i4")]
            for form, number in zip(lines(forms), numbers.tolist(), strict=True)
            if form.startswith(begins)
        }

    def _vectors(self, liked: Collection[str], read: Read) -> PaperVectors:
        rows: dict[str, int] = {}
        counts, papers, times = [0], [np.zeros(0, np.int32)], [np.zeros(0, np.uint16)]
        wanted = {stem.encode() for stem in liked}
        for block in read(sorted(self.vectors.holding(liked))):
            stems, by_stem, steps, often = unpack(block, "u1 i4 i4 u2")
            ends = np.cumsum(by_stem)
            places = np.cumsum(steps, dtype=np.int32)
            for row, stem in enumerate(lines(stems)):
                if stem in wanted:
                    some = slice(ends[row] - by_stem[row], ends[row])
                    rows[stem.decode()] = len(rows)
                    counts.append(int(by_stem[row]))
                    papers.append(places[some])
                    times.append(often[some])  # type: ignore[arg-type]  # `unpack` gives this type
        return PaperVectors.from_counts(
            rows,
            np.cumsum(counts),
            np.concatenate(papers),
            np.concatenate(times),
            (self.lengths, self.sizes),
        )


def _found(blocks: Iterable[bytes], stems: Collection[str], prefixes: Collection[str]) -> list[Found]:
    wanted, begins = {stem.encode() for stem in stems}, [prefix.encode() for prefix in prefixes]
    return [Occurring.load(block).of(wanted, begins) for block in blocks]


def _versions(blocks: Iterable[bytes]) -> Numbers:
    (block,) = blocks
    (steps,) = unpack(block, "i4")
    return np.cumsum(steps, dtype=np.int32)


def _compact(stored: StoredIndex, found: Sequence[Found], versions: Numbers, reach: int) -> TokenGraph:
    """A token graph of what was found; words that stood `reach` or more apart stand `reach` apart."""
    words, joined = (
        np.concatenate([np.zeros(0, np.int32), *(getattr(each, name) for each in found)])
        for name in ("word_positions", "pair_positions")
    )
    kept = _ordered(np.concatenate((words, joined)))
    texts = np.searchsorted(stored.text_ends, kept, "right")
    new_text = np.diff(texts, prepend=-1) != 0
    steps = np.where(new_text, max(reach, 2), np.minimum(np.diff(kept, prepend=0), reach))
    steps[:1] = 0
    places = np.cumsum(steps)
    length = int(places[-1]) + _ADJACENT if len(places) else 0
    forms, ranks = _sorted_forms(found)
    new_words = np.zeros(length, np.int32)  # the filler
    new_joined = np.full(length, -1, np.int32)
    new_words[places[np.searchsorted(kept, words)]] = ranks.words
    new_joined[places[np.searchsorted(kept, joined)]] = ranks.pairs
    new_words[places[new_text][1:] - 1] = -1
    new_words[-1:] = -1
    with_version = kept[np.isin(kept, versions, assume_unique=True)]
    return TokenGraph(
        forms=forms,
        stems=ranks.stems,
        stem_of=ranks.stem_of,
        words=new_words,
        joined=new_joined,
        versions=places[np.searchsorted(kept, with_version)].astype(np.int32),
        text_papers=stored.text_papers[texts[new_text]],
        text_fields=stored.text_fields[texts[new_text]],
    )


def _ordered(positions: Numbers) -> Numbers:
    """The positions in order, each once."""
    positions.sort(kind="stable")  # runs that are in order already are merged
    return np.asarray(positions[np.diff(positions, prepend=-1) != 0])


@dataclass(frozen=True)
class _Ranks:
    """Forms by their place in order: of each word and pair that was found, and the stem of each form."""

    words: Numbers
    pairs: Numbers
    stems: Strings
    stem_of: Numbers


def _sorted_forms(found: Sequence[Found]) -> tuple[Strings, _Ranks]:
    stem_by_form = {_FILLER: _FILLER}
    for each in found:
        stem_by_form.update(zip(each.forms, each.stems, strict=True))
    forms = sorted(stem_by_form)
    stems = sorted(set(stem_by_form.values()))
    number = {form: place for place, form in enumerate(forms)}
    stem_number = {stem: place for place, stem in enumerate(stems)}
    ranks = [np.array([number[form] for form in each.forms], np.int32) for each in found]
    none = np.zeros(0, np.int32)
    return Strings(b"".join(form + b"\n" for form in forms)), _Ranks(
        np.concatenate([none, *(rank[each.words] for rank, each in zip(ranks, found, strict=True))]),
        np.concatenate([none, *(rank[each.pairs] for rank, each in zip(ranks, found, strict=True))]),
        Strings(b"".join(stem + b"\n" for stem in stems)),
        np.array([stem_number[stem_by_form[form]] for form in forms], np.int32),
    )
