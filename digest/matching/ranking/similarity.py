"""Similarity of papers: the cosine of their TF-IDF vectors.

A paper is a vector of unit length over stems; two papers are as alike as the cosine between them: 0 without a
common word, 1 for the same words. Two papers of one topic and week have 0.13 in the median and more than 0.27
once in a hundred pairs. How rare a stem is was counted once (stem_counts.tsv): a vector depends on nothing
but its paper, so that planning a digest again gives the same digest.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from digest.matching.paper import PaperText
from digest.matching.tokenizer import Text

STEM_COUNTS = Path(__file__).with_name("stem_counts.tsv")
NEAR_DUPLICATE = (
    0.38  # from here on two papers are much alike: 4 in 1,000 papers meet such a one in their week
)
LEAST_STEMS = 30  # known stems; of less text nobody can say whether it is like another
_NOTHING = 1e-9
_IN_A_PAPER = 0.061  # of a stem's rarity, what it weighs in the mean of the vectors that have it
TITLE_WEIGHT = 2  # a word of the title counts as often

Vector = Mapping[str, float]
K = TypeVar("K", bound=Hashable)
K_contra = TypeVar("K_contra", bound=Hashable, contravariant=True)


@cache
def rarity() -> Mapping[str, float]:
    """The weight of each stem that the corpus knows: the root of its inverse document frequency.

    The root, because readers who vote tell apart papers of one topic, whose words are not rare.
    """
    (_, papers), *counts = (line.split("\t") for line in STEM_COUNTS.read_text(encoding="utf-8").splitlines())
    return {stem: math.sqrt(math.log(int(papers) / int(count))) for stem, count in counts}


@cache
def usual() -> Vector:
    """The mean of the vectors of all papers, as the share of papers that have each stem tells it."""
    return {stem: _IN_A_PAPER * weight * math.exp(-(weight**2)) for stem, weight in rarity().items()}


def vector(paper: PaperText) -> Vector:
    """The paper's stems, each 1 + ln(count) times its rarity, together of length 1; empty without any."""
    counts = Counter(Text(paper.title).stems * TITLE_WEIGHT + Text(paper.abstract).stems)
    known = rarity()
    return unit({stem: (1 + math.log(n)) * known[stem] for stem, n in counts.items() if stem in known})


def unit(weights: Vector) -> Vector:
    """`weights` brought to length 1; nothing, if they are nothing but what rounding left."""
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {stem: weight / length for stem, weight in weights.items()} if length > _NOTHING else {}


def similarity(one: Vector, other: Vector) -> float:
    """The cosine between two vectors of unit length."""
    if len(other) < len(one):
        one, other = other, one
    return sum(weight * other[stem] for stem, weight in one.items() if stem in other)


class Known(Protocol[K_contra]):
    """Papers with their vectors, of which each knows those that are much like it."""

    def __contains__(self, key: object) -> bool: ...
    def vector(self, key: K_contra) -> Vector: ...
    def alike(self, key: K_contra) -> AbstractSet[Any]: ...


class Similarities(Generic[K]):
    """Similarity within a set of papers; vectors and comparisons are made when first asked for.

    What is `known` already of some papers is not worked out here; it knows all that are ranked.
    """

    def __init__(self, papers: Mapping[K, PaperText], known: "Known[K] | None" = None) -> None:
        self._papers = papers
        self._known = known
        self._vectors: dict[K, Vector] = {}
        self._compared: dict[K, set[K]] = defaultdict(set)
        self._duplicates: dict[K, set[K]] = defaultdict(set)

    def vector(self, key: K) -> Vector:
        if self._known is not None and key in self._known:
            return self._known.vector(key)
        if key not in self._vectors:
            self._vectors[key] = vector(self._papers[key])
        return self._vectors[key]

    def forget(self, keys: Iterable[K]) -> None:
        """Drop the vectors of papers that are not asked for again."""
        for key in keys:
            self._vectors.pop(key, None)

    def near_duplicates(self, ranked: Sequence[K]) -> Iterator[tuple[K, K]]:
        """The papers much like one ranked above, each with the first such; too short texts are never."""
        above: set[K] = set()
        for key in ranked:
            if self._known is not None:
                duplicates = self._known.alike(key)
            else:
                for other in above - self._compared[key]:
                    self._compare(key, other)
                duplicates = self._duplicates[key]
            if duplicates and (found := duplicates & above):
                yield key, next(other for other in ranked if other in found)
            above.add(key)

    def _compare(self, one: K, other: K) -> None:
        self._compared[one].add(other)
        self._compared[other].add(one)
        a, b = self.vector(one), self.vector(other)
        if min(len(a), len(b)) >= LEAST_STEMS and similarity(a, b) >= NEAR_DUPLICATE:
            self._duplicates[one].add(other)
            self._duplicates[other].add(one)
