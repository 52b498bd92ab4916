"""How like a paper is to a set of papers, such as a reader's library: strength, nearest paper, and words.

A set points to what its papers have more of than papers at large: the mean of their vectors less that of all,
where it is above. A paper is as like the set as the cosine between the two. All of that comes from single
words, and those that brought most of it can be shown. docs/ranking.md has the figures behind the numbers.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Generic, TypeVar

from digest.matching.ast import Field
from digest.matching.function_words import function_stems
from digest.matching.paper import PaperText
from digest.matching.ranking.similarity import LEAST_STEMS, Vector, similarity, unit, usual
from digest.matching.reasons import Reason
from digest.matching.tokenizer import Text

ALIKE = 0.24  # of one paper to another, for a query: 5 papers in 1,000 are so like one
THRESHOLD = 0.22  # to a library: of 50 papers a day 6 are so like 30, and three in ten are worth reading
MOST_WORDS = 4  # that are shown as what carried a likeness

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Alike(Generic[K]):
    """A paper that is like a set: how much (0 to 1), its nearest paper there, the stems that brought most."""

    strength: float
    nearest: K
    stems: tuple[str, ...]

    def reasons(self, paper: PaperText) -> tuple[Reason, ...]:
        """The stems as `paper` writes them, where each stands first, title before abstract."""
        return tuple(_reasons(paper, self.stems))


@dataclass(frozen=True)
class Likeness(Generic[K]):
    """What is like `papers`: their vectors, of unit length, under the caller's keys."""

    papers: Mapping[K, Vector]

    def find(self, paper: Vector, threshold: float = THRESHOLD) -> Alike[K] | None:
        """How like `paper` is to the set; None below `threshold`, and for what has too few words to tell."""
        strength = self.strength(paper)
        if strength < threshold or not strength:
            return None
        alike = {key: similarity(one, paper) for key, one in self.papers.items()}
        return Alike(strength, max(alike, key=alike.__getitem__), carrying(self.direction, paper))

    def strength(self, paper: Vector) -> float:
        """How like `paper` is to the set, from 0 to 1."""
        return similarity(self.direction, paper) if len(paper) >= LEAST_STEMS else 0.0

    @cached_property
    def direction(self) -> Vector:
        """What the papers of the set have more of than papers at large."""
        total: dict[str, float] = defaultdict(float)
        for paper in self.papers.values():
            for stem, weight in paper.items():
                total[stem] += weight
        more = {stem: weight / len(self.papers) - usual()[stem] for stem, weight in total.items()}
        return unit({stem: weight for stem, weight in more.items() if weight > 0})


def alike(one: Vector, paper: Vector) -> Alike[None] | None:
    """How like `paper` is to `one` other, if it is at all; of too short texts nobody can say."""
    strength = similarity(one, paper) if min(len(one), len(paper)) >= LEAST_STEMS else 0.0
    return Alike(strength, None, carrying(one, paper)) if strength >= ALIKE else None


def carrying(one: Vector, other: Vector) -> tuple[str, ...]:
    """The stems that bring most of the similarity of two vectors, best first; ties in their order.

    Function words are never among them: "one" and "every" tell a reader nothing.
    """
    shared = (one.keys() & other.keys()) - function_stems()
    shares = {stem: one[stem] * other[stem] for stem in shared}
    return tuple(islice(sorted(shares, key=lambda stem: (-shares[stem], stem)), MOST_WORDS))


def _reasons(paper: PaperText, stems: Collection[str]) -> Iterator[Reason]:
    wanted = set(stems)
    for field, source in ((Field.TITLE, paper.title), (Field.ABSTRACT, paper.abstract)):
        text = Text(source)
        for stem, (start, end) in zip(text.stems, text.spans, strict=True):
            if stem in wanted:
                wanted.discard(stem)
                yield Reason(field, source[start:end], start, end)
