"""What of a paper a topic model looks at: words, pairs of words, and concepts named by several phrases."""

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from digest.matching.ast import Field
from digest.matching.tokenizer import Text, stem, words

_LONGEST = 5  # words of a phrase
_OFTEN = " often"
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[^\Wa-z])")
_OURS = re.compile(
    r"\b(?:we (?:propose|introduce|present|develop|design|show|study|build|create|release|investigate"
    r"|explore)|this (?:paper|work|survey|report)|in this)\b",
    re.IGNORECASE,
)


class Span(NamedTuple):
    """Words `first` to before `end` of a field's text, counted in words."""

    field: Field
    first: int
    end: int


class Feature(NamedTuple):
    """How strongly a feature is there, and where."""

    value: float
    spans: tuple[Span, ...]


class Features:
    """Finds the features of a paper.

    A term, one stem or two, is there 1 + ln(count) times, and once more as “title: term” if it stands in
    the title. A concept is any of its phrases: “[concept]” is 1 if one is there; “[concept] often” grows
    with their number; “[concept] in title”, “[concept] at first” (the abstract's first sentence) and
    “[concept] is ours” (a sentence that says what the paper does) are 1.
    """

    def __init__(self, terms: Iterable[str], concepts: Mapping[str, Iterable[str]]) -> None:
        self._names: dict[str, list[str]] = {term: [term] for term in terms}
        for concept, phrases in concepts.items():
            for phrase in phrases:
                for stems in _spellings(phrase):
                    names = self._names.setdefault(stems, [])
                    if f"[{concept}]" not in names:
                        names.append(f"[{concept}]")
        runs = [stems.split() for stems in self._names]
        self._openings = {" ".join(run[:length]) for run in runs for length in range(1, len(run))}

    def find(self, title: Text, abstract: Text) -> dict[str, Feature]:
        """The features of a paper."""
        found: dict[str, list[Span]] = {}
        self._look(Field.TITLE, title, found)
        self._look(Field.ABSTRACT, abstract, found)
        first_sentence, ours = _sentences(abstract)
        features: dict[str, Feature] = {}
        for name, spans in found.items():
            in_title = tuple(span for span in spans if span.field == Field.TITLE)
            if not name.startswith("["):
                features[name] = Feature(1 + math.log(len(spans)), tuple(spans))
                if in_title:
                    features[f"title: {name}"] = Feature(1, in_title)
                continue
            features[name] = Feature(1, tuple(spans))
            if len(spans) > 1:
                features[name + _OFTEN] = Feature(math.log2(1 + len(spans)) - 1, tuple(spans))
            below = spans[len(in_title) :]
            parts = {
                "in title": in_title,
                "at first": tuple(span for span in below if span.first in first_sentence),
                "is ours": tuple(span for span in below if span.first in ours),
            }
            features |= {f"{name} {part}": Feature(1, where) for part, where in parts.items() if where}
        return features

    def _look(self, field: Field, text: Text, found: dict[str, list[Span]]) -> None:
        names, openings = self._names, self._openings
        stems, joined = text.stems, text.joined
        for first, run in enumerate(stems):
            end = first + 1
            for name in names.get(run, ()):
                found.setdefault(name, []).append(Span(field, first, end))
            if joined[first]:
                for name in names.get(text.joined_stems[first], ()):
                    found.setdefault(name, []).append(Span(field, first, end + 1))
            while run in openings and end < len(stems) and joined[end - 1]:
                run = f"{run} {stems[end]}"  # noqa: PLW2901 the run grows word by word
                end += 1
                for name in names.get(run, ()):
                    found.setdefault(name, []).append(Span(field, first, end))


def _sentences(abstract: Text) -> tuple[range, set[int]]:
    """The words of the first sentence, and of all sentences that say what the paper does."""
    starts = [start for start, _ in abstract.spans]
    ends = [bisect_left(starts, match.end()) for match in _SENTENCE_END.finditer(abstract.source)]
    bounds = [0, *ends, len(starts)]
    ours: set[int] = set()
    for match in _OURS.finditer(abstract.source):
        sentence = bisect_right(ends, bisect_left(starts, match.start()))
        ours.update(range(bounds[sentence], bounds[sentence + 1]))
    return range(bounds[1]), ours


def terms(text: Text) -> Iterable[str]:
    """Every stem of a text, and every pair of neighbours."""
    for first, one in enumerate(text.stems):
        yield one
        if text.joined[first]:
            yield f"{one} {text.stems[first + 1]}"


def _spellings(phrase: str) -> Iterable[str]:
    """A phrase as stems, and if it is two words, also written as one."""
    forms = words(phrase)
    if not 1 <= len(forms) <= _LONGEST:
        raise ValueError(f"not a phrase of one to {_LONGEST} words: {phrase!r}")
    yield " ".join(stem(form) for form in forms)
    if len(forms) == 2:
        yield stem("".join(forms))
