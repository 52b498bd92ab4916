"""How well topics are given: precision, recall and F1 per topic, against papers labelled by reading."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Labelled(Protocol):
    """A paper that somebody has read: its topics, and those on which a reasonable person could differ."""

    @property
    def key(self) -> str: ...
    @property
    def topics(self) -> Collection[str]: ...
    @property
    def ambiguous(self) -> Collection[str]: ...


@dataclass(frozen=True, slots=True)
class Score:
    """How often a topic was rightly given, wrongly given, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def given(self) -> int:
        """How many papers were given the topic."""
        return self.right + self.wrong

    @property
    def belong(self) -> int:
        """How many papers belong to the topic."""
        return self.right + self.missed

    @property
    def precision(self) -> float:
        """The share of the papers given the topic that belong; 0 if it was given to none."""
        return self.right / (self.right + self.wrong) if self.right else 0.0

    @property
    def recall(self) -> float:
        """The share of the papers that belong that were given the topic; 0 if none was."""
        return self.right / (self.right + self.missed) if self.right else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / (2 * self.right + self.wrong + self.missed) if self.right else 0.0


@dataclass(frozen=True)
class Evaluation:
    """The score of each topic, in the order asked for."""

    scores: Mapping[str, Score]

    @property
    def macro_f1(self) -> float:
        """The mean of F1 over topics: a rare topic counts as much as a common one."""
        return sum(score.f1 for score in self.scores.values()) / len(self.scores)


def evaluate(
    gold: Iterable[Labelled],
    given: Mapping[str, Collection[str]],
    topics: Sequence[str],
    *,
    with_ambiguous: bool = True,
) -> Evaluation:
    """Compare the topics `given` to papers, by key, with those they belong to.

    A paper missing from `given` was given none. Without ambiguous pairs, a paper does not count for a
    topic on which a reasonable person could differ.
    """
    papers = list(gold)
    return Evaluation({topic: _score(topic, papers, given, with_ambiguous) for topic in topics})


def _score(
    topic: str, gold: Sequence[Labelled], given: Mapping[str, Collection[str]], with_ambiguous: bool
) -> Score:
    counted = [paper for paper in gold if with_ambiguous or topic not in paper.ambiguous]
    pairs = [(topic in paper.topics, topic in given.get(paper.key, ())) for paper in counted]
    return Score(
        right=pairs.count((True, True)),
        wrong=pairs.count((False, True)),
        missed=pairs.count((True, False)),
    )
