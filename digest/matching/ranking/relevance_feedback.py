"""What a reader's votes say about other papers: Rocchio on the words of what they asked more and less of.

The taste points from the mean of the papers they asked less of to the mean of those they asked more of; a
paper gains as much as it lies that way (Rocchio 1971, with equal weights). It can be told in words: whatever
a paper gains comes from papers the reader voted on, and the most alike of them is named. docs/ranking.md has
the figures behind the numbers.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from digest.matching.ranking.similarity import Vector, similarity, unit

LEAST_VOTES = 5  # with fewer a taste says more about chance than about the reader
MOST_VOTES = 200  # the latest count: a taste follows its reader, and costs no more after years
WEIGHT = 40.0  # what a paper that lies exactly that way would gain; in life ±2, about one clause in a title
_WORTH_NAMING = 0.2  # less alike are 9 in 10 papers of the same topic

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Taste(Generic[K]):
    """The vectors of the papers that a reader asked more and less of, under the caller's keys."""

    more: Mapping[K, Vector]
    less: Mapping[K, Vector]

    def gain(self, paper: Vector) -> float:
        """What the paper's strength gains, or loses, by this taste; for vectors of unit length."""
        return WEIGHT * similarity(self._direction, paper)

    def raised_by(self, paper: Vector) -> K | None:
        """The paper asked more of that is most like this one, if any is like it."""
        return _most_alike(self.more, paper)

    def lowered_by(self, paper: Vector) -> K | None:
        """The paper asked less of that is most like this one, if any is like it."""
        return _most_alike(self.less, paper)

    @cached_property
    def _direction(self) -> Vector:
        direction: dict[str, float] = defaultdict(float)
        for papers, sign in ((self.more, 1), (self.less, -1)):
            for paper in papers.values():
                for stem, weight in paper.items():
                    direction[stem] += sign * weight / len(papers)
        return unit(direction)


def _most_alike(papers: Mapping[K, Vector], paper: Vector) -> K | None:
    """The first of the most alike, so that equal input gives equal output."""
    alike = {key: similarity(one, paper) for key, one in papers.items()}
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] >= _WORTH_NAMING else None
