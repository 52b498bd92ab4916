"""What a reader's votes say about other papers: Rocchio on the words of what they asked more and less of.

The taste points from the mean of the papers they asked less of to the mean of those they asked more of; a
paper gains as much as it lies that way (Rocchio 1971, with equal weights), and the more the more papers tell.
Each mean counts a few usual papers as well, which stand for what a reader says nothing of: so a taste of
liked papers alone, such as a library, points away from what all papers have. It can be told in words: what
a paper gains comes from papers the reader voted on, and the most alike of them is named. docs/ranking.md has
the figures behind the numbers.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Generic, TypeVar

from digest.matching.ranking.similarity import Vector, similarity, usual

LEAST_VOTES = 5  # with fewer a taste says more about chance than about the reader
MOST_VOTES = 200  # the latest count: a taste follows its reader, and costs no more after years
MOST_GAIN = 80.0  # what a paper that lies exactly that way would gain if very many tell; in life ±3
HALF_OF_IT = 10  # so many papers give half of that
USUAL_PAPERS = 3  # that each mean counts beside the reader's
_NOTHING = 1e-12  # what rounding leaves of a square
_WORTH_NAMING = 0.2  # less alike are 9 in 10 papers of the same topic

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Taste(Generic[K]):
    """The vectors of the papers that a reader asked more and less of, under the caller's keys."""

    more: Mapping[K, Vector]
    less: Mapping[K, Vector]

    def gain(self, paper: Vector) -> float:
        """What the paper's strength gains, or loses, by this taste; for vectors of unit length."""
        told = len(self.more) + len(self.less)
        return MOST_GAIN * told / (told + HALF_OF_IT) * self._along(paper)

    def raised_by(self, paper: Vector) -> K | None:
        """The paper asked more of that is most like this one, if any is like it."""
        return _most_alike(self.more, paper)

    def lowered_by(self, paper: Vector) -> K | None:
        """The paper asked less of that is most like this one, if any is like it."""
        return _most_alike(self.less, paper)

    def _along(self, paper: Vector) -> float:
        """The cosine between the direction of the taste and `paper`."""
        length = self._length
        if not length:
            return 0.0
        return (similarity(self._voted, paper) + self._usual * similarity(usual(), paper)) / length

    @cached_property
    def _voted(self) -> Vector:
        """The direction, without the usual papers, whose thousands of stems are the same for everybody."""
        direction: dict[str, float] = defaultdict(float)
        for papers, sign in ((self.more, 1), (self.less, -1)):
            share = sign / (len(papers) + USUAL_PAPERS)
            for paper in papers.values():
                for stem, weight in paper.items():
                    direction[stem] += share * weight
        return direction

    @property
    def _usual(self) -> float:
        """How much of the usual paper the direction has."""
        more, less = (USUAL_PAPERS / (len(papers) + USUAL_PAPERS) for papers in (self.more, self.less))
        return more - less

    @cached_property
    def _length(self) -> float:
        voted, share = self._voted, self._usual
        square = (
            similarity(voted, voted) + 2 * share * similarity(voted, usual()) + share**2 * _square_of_usual()
        )
        return math.sqrt(square) if square > _NOTHING else 0.0


@cache
def _square_of_usual() -> float:
    return similarity(usual(), usual())


def _most_alike(papers: Mapping[K, Vector], paper: Vector) -> K | None:
    """The first of the most alike, so that equal input gives equal output."""
    alike = {key: similarity(one, paper) for key, one in papers.items()}
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= _WORTH_NAMING else None
