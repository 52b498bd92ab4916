"""The token graph of many papers: their words as numbers, in order, and which two may be read as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Field
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.string_table import Strings
from digest.matching.tokenizer import split, stems

FIELDS = tuple(Field)
_VERSIONS = (("0", "9"), ("v0", "v9"))  # how they begin


@dataclass(frozen=True)
class SortedPositions:
    """Positions in the order of the forms found there."""

    forms: Numbers
    positions: Numbers

    @classmethod
    def of(cls, forms: Numbers) -> "SortedPositions":
        """All positions; `forms` has the form of each."""
        order = np.argsort(forms).astype(np.int32)
        return cls(forms[order], order)


@dataclass(frozen=True)
class TokenGraph:
    """All texts concatenated into one stream of tokens, with a sentinel (-1) after each text.

    A word is an edge from its position to the next; two words that may be read as one are an edge of length
    two. `words` and `joined` give for each position the number in `forms` of the word, or of it and the next
    written as one (-1: none); `stem_of` the number of a form's stem in `stems`. `versions` are the
    positions, in order, of words that a version follows. `text_papers` and `text_fields` give for each text
    its paper, and its field as an index into FIELDS.
    """

    forms: Strings
    stems: Strings
    stem_of: Numbers
    words: Numbers
    joined: Numbers
    versions: Numbers
    text_papers: Numbers
    text_fields: NDArray[np.int8]

    @classmethod
    def of(cls, texts: Iterable[Mapping[Field, Sequence[str]]]) -> "TokenGraph":
        """The graph of papers, each given as the texts of its fields."""
        numbers: dict[str, int] = {}
        words: list[int] = []
        glued: list[bool] = []
        papers: list[int] = []
        fields: list[int] = []
        for paper, by_field in enumerate(texts):
            for field, sources in by_field.items():
                for source in sources:
                    forms, gaps = split(source)
                    words += [numbers.setdefault(form, len(numbers)) for form in forms]
                    words.append(-1)
                    glued += gaps[: len(forms)]
                    glued.append(False)
                    papers.append(paper)
                    fields.append(FIELDS.index(field))
        positions = np.array(words, np.int64)
        pairs = np.flatnonzero(np.array(glued, np.bool_))
        distinct, pair_of = np.unique(positions[pairs] << 32 | positions[pairs + 1], return_inverse=True)
        known = list(numbers)
        as_one = [known[pair >> 32] + known[pair & 0xFFFFFFFF] for pair in distinct.tolist()]
        written = np.array([numbers.setdefault(form, len(numbers)) for form in as_one], np.int64)
        joined = np.full(len(positions), -1, np.int64)
        joined[pairs] = written[pair_of]
        return cls._sorted(list(numbers), positions, joined, papers, fields)

    @classmethod
    def _sorted(
        cls,
        forms: list[str],
        words: NDArray[np.int64],
        joined: NDArray[np.int64],
        papers: list[int],
        fields: list[int],
    ) -> "TokenGraph":
        """The same with forms and stems in order."""
        order = sorted(range(len(forms)), key=forms.__getitem__)
        rank = np.full(len(forms) + 1, -1, np.int32)  # the last is for -1
        rank[order] = np.arange(len(forms))
        in_order = [forms[number] for number in order]
        stem_of_each = stems(in_order)
        all_stems = sorted(set(stem_of_each))
        stem_numbers = {entry: number for number, entry in enumerate(all_stems)}
        table = Strings.of(in_order)
        return cls(
            forms=table,
            stems=Strings.of(all_stems),
            stem_of=np.array([stem_numbers[entry] for entry in stem_of_each], np.int32),
            words=rank[words],
            joined=rank[joined],
            versions=before_versions(table, rank[words], rank[joined]),
            text_papers=np.array(papers, np.int32),
            text_fields=np.array(fields, np.int8),
        )

    @cached_property
    def texts(self) -> Numbers:
        """The text of each position."""
        ends = (self.words == -1).astype(np.int32)
        texts: Numbers = np.cumsum(ends, dtype=np.int32) - ends
        return texts

    @cached_property
    def by_word(self) -> SortedPositions:
        """The positions in the order of their words."""
        return SortedPositions.of(self.words)

    @cached_property
    def by_pair(self) -> SortedPositions:
        """The positions in the order of their joined forms."""
        return SortedPositions.of(self.joined)

    def has_version(self, positions: Numbers) -> NDArray[np.bool_]:
        """Whether a version follows the word at each of these positions."""
        if not len(self.versions):
            return np.zeros(len(positions), np.bool_)
        nearest = np.searchsorted(self.versions, positions)
        return np.asarray(self.versions[np.minimum(nearest, len(self.versions) - 1)] == positions)


def before_versions(forms: Strings, words: Numbers, joined: Numbers) -> Numbers:
    """The positions of words that a version follows."""
    follows = np.zeros(max(len(words) - 1, 0), np.bool_)
    for first, last in _VERSIONS:
        low, high = forms.beginning(first)[0], forms.beginning(last)[1]
        follows |= (words[1:] >= low) & (words[1:] < high)
    return np.flatnonzero(follows & (joined[:-1] >= 0)).astype(np.int32)
