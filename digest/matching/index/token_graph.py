"""The words of many papers as numbers: where each stands, and which two may be read as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Field
from digest.matching.index.phrase_automaton import Numbers
from digest.matching.index.string_table import Strings
from digest.matching.tokenizer import split, stems

FIELDS = tuple(Field)
_ARRAYS = ("stem_of", "words", "joined", "text_papers", "text_fields")


@dataclass(frozen=True)
class Sorted:
    """Places in the order of the forms that stand there."""

    forms: Numbers
    places: Numbers

    @classmethod
    def of(cls, forms: Numbers) -> "Sorted":
        """Every place whose form is one of `forms`, a form for each place."""
        order = np.argsort(forms).astype(np.int32)
        return cls(forms[order], order)


@dataclass(frozen=True)
class Lattice:
    """All texts behind one another, an empty place after each. A word leads from its place to the next,
    and two that may be read as one lead over both.

    `words` and `joined` say for each place which of `forms` the word is, or it and the next written as one
    (-1: none); `stem_of` gives the number of a form's stem among `stems`. `text_papers` and `text_fields`
    say whose text it is and which field, as a number in FIELDS.
    """

    forms: Strings
    stems: Strings
    stem_of: Numbers
    words: Numbers
    joined: Numbers
    text_papers: Numbers
    text_fields: NDArray[np.int8]

    @classmethod
    def of(cls, texts: Iterable[Mapping[Field, Sequence[str]]]) -> "Lattice":
        """The lattice of papers, each given as the texts of its fields."""
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
        places = np.array(words, np.int64)
        pairs = np.flatnonzero(np.array(glued, np.bool_))
        distinct, pair_of = np.unique(places[pairs] << 32 | places[pairs + 1], return_inverse=True)
        known = list(numbers)
        as_one = [known[pair >> 32] + known[pair & 0xFFFFFFFF] for pair in distinct.tolist()]
        written = np.array([numbers.setdefault(form, len(numbers)) for form in as_one], np.int64)
        joined = np.full(len(places), -1, np.int64)
        joined[pairs] = written[pair_of]
        return cls._sorted(list(numbers), places, joined, papers, fields)

    @classmethod
    def _sorted(
        cls,
        forms: list[str],
        words: NDArray[np.int64],
        joined: NDArray[np.int64],
        papers: list[int],
        fields: list[int],
    ) -> "Lattice":
        """The same with forms and stems in order."""
        order = sorted(range(len(forms)), key=forms.__getitem__)
        rank = np.full(len(forms) + 1, -1, np.int32)  # the last is for -1
        rank[order] = np.arange(len(forms))
        in_order = [forms[number] for number in order]
        stem_of_each = stems(in_order)
        all_stems = sorted(set(stem_of_each))
        stem_numbers = {entry: number for number, entry in enumerate(all_stems)}
        return cls(
            forms=Strings.of(in_order),
            stems=Strings.of(all_stems),
            stem_of=np.array([stem_numbers[entry] for entry in stem_of_each], np.int32),
            words=rank[words],
            joined=rank[joined],
            text_papers=np.array(papers, np.int32),
            text_fields=np.array(fields, np.int8),
        )

    def columns(self) -> dict[str, NDArray[Any]]:
        """The lattice as plain arrays, for `from_columns`."""
        return {
            "forms": np.frombuffer(self.forms.packed, np.uint8),
            "stems": np.frombuffer(self.stems.packed, np.uint8),
            **{name: getattr(self, name) for name in _ARRAYS},
        }

    @classmethod
    def from_columns(cls, columns: Mapping[str, NDArray[Any]]) -> "Lattice":
        """The lattice of `columns()`."""
        forms, stems = (Strings(columns[name].tobytes()) for name in ("forms", "stems"))
        return cls(forms, stems, **{name: columns[name] for name in _ARRAYS})

    @cached_property
    def texts(self) -> Numbers:
        """The text of each place."""
        ends = (self.words == -1).astype(np.int32)
        texts: Numbers = np.cumsum(ends, dtype=np.int32) - ends
        return texts

    @cached_property
    def by_word(self) -> Sorted:
        """The places in the order of their words."""
        return Sorted.of(self.words)

    @cached_property
    def by_pair(self) -> Sorted:
        """The places in the order of what they are joined with the next."""
        return Sorted.of(self.joined)
