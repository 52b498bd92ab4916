"""Choose: what queries bring of one window's papers, each query matched and each match explained once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from digest.matching import Index, Number, Percolator, Query, index_of, parse_query
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.order import Candidate, rank, score
from digest.matching.ranking.relevance_feedback import Taste
from digest.matching.ranking.similarity import Similarities
from digest.models import Paper
from digest.selection.window import Window

_NUMBERS = frozenset(Number)
Votes = tuple[tuple[int, bool], ...]  # papers, each with whether a reader asked for more like it


@dataclass(frozen=True, slots=True)
class _Found:
    """A paper that a query brings, how strongly, and its score for the order."""

    paper: int
    key: str
    strength: float
    score: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a query finds: papers that it brings, those of them that crossed, and those had before."""

    brought: tuple[_Found, ...]
    crossed: frozenset[int]
    had: frozenset[int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a digest brings: ranked items as they are stored, and the honest counts."""

    items: list[dict[str, Any]]
    scanned: int
    already_had: int
    crossed: list[int]


class Chooser:
    """Makes the selections over one window; a query is matched, and a match explained, once.

    `queries` are those learnt last, by their texts.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.listed = {paper.pk for paper in self.window.papers}
        self.index = index_of(self.window.papers)
        self.queries: Mapping[str, Query] = {}
        self._answers: dict[str, _Answer] = {}
        self._explainers: dict[int, Explainer] = {}
        self._papers = {paper.pk: paper for paper in (*self.window.papers, *self.window.revised)}
        self._similarities = Similarities(self._papers)

    def judge(self, papers: Collection[int]) -> None:
        """Get to know papers that readers voted on; those that are gone say nothing."""
        self._papers |= Paper.objects.in_bulk([pk for pk in papers if pk not in self._papers])

    def learn(self, texts: Collection[str]) -> None:
        """Match those queries of which nothing is known yet; others than these are forgotten."""
        self._explainers.clear()  # they remember every word they were asked for
        self._answers = {text: answer for text, answer in self._answers.items() if text in texts}
        self.queries = {text: self.queries.get(text) or parse_query(text) for text in texts}
        new = {text: query for text, query in self.queries.items() if text not in self._answers}
        matches = Percolator.of(new).match(self.window.papers, self.index)
        crossed = self._crossed(new)
        for text in new:
            listed = [match.paper for match in matches.get(text, ())]
            self._answers[text] = self._answer(text, listed, crossed.get(text, []))

    @cached_property
    def _revised(self) -> tuple[Index, Index]:
        """The papers that were out before, as they are and as they were."""
        return index_of(self.window.revised), index_of(self.window.before)

    def _crossed(self, queries: Mapping[str, Query]) -> dict[str, list[Paper]]:
        """For each of `queries` the papers of earlier releases that it keeps now and did not as of `since`.

        Only queries that look at what changed are asked: votes rise every hour, and few filters mind.
        """
        window = self.window
        if not window.revised:
            return {}
        asked = {
            text: query
            for text, query in queries.items()
            if window.changed - _NUMBERS or query.numbers & window.changed
        }
        if not asked:
            return {}
        percolator, (as_now, as_then) = Percolator.of(asked), self._revised
        now, then = percolator.match(window.revised, as_now), percolator.match(window.before, as_then)
        crossed = {}
        for text in now:
            kept = {match.paper.pk for match in then.get(text, ())}
            crossed[text] = [match.paper for match in now[text] if match.paper.pk not in kept]
        return crossed

    def _answer(self, text: str, listed: Sequence[Paper], late: Sequence[Paper]) -> _Answer:
        fresh = [paper for paper in listed if paper.pk not in self.window.had]
        return _Answer(
            brought=tuple(self._found(text, paper) for paper in [*fresh, *late]),
            crossed=frozenset(paper.pk for paper in late),
            had=frozenset(paper.pk for paper in listed if paper.pk in self.window.had),
        )

    def _found(self, text: str, paper: Paper) -> _Found:
        number = paper.pk
        if number not in self._explainers:
            self._explainers[number] = Explainer(paper)
        strength = self._explainers[number].explain(self.queries[text]).strength
        age = (self.window.day - paper.published).days if self.window.day and paper.published else 0
        return _Found(number, paper.key, strength, score(strength, paper.upvotes, age))

    def choose(self, queries: Sequence[str], left_out: Collection[int], taste: Votes) -> Chosen:
        """What these queries bring, all of which were learnt, ranked by what the votes say too."""
        best: dict[int, tuple[_Found, int]] = {}
        had: set[int] = set()
        crossed: set[int] = set()
        for number, text in enumerate(queries):
            answer = self._answers[text]
            had |= answer.had
            crossed |= answer.crossed
            for found in answer.brought:
                known = best.get(found.paper)
                if known is None or found.strength > known[0].strength:
                    best[found.paper] = (found, number)
        for paper in left_out:
            best.pop(paper, None)
        crossed &= best.keys()
        candidates = [Candidate(found.paper, found.key, n, found.score) for found, n in best.values()]
        items = [
            {"paper": candidate.number, "filter": candidate.section} | ({"note": note} if note else {})
            for candidate, note in rank(candidates, self._similarities, self._taste(taste))
        ]
        return Chosen(items, len(self.listed | crossed), len(had - crossed), sorted(crossed))

    def _taste(self, votes: Votes) -> Taste[int] | None:
        if not votes:
            return None
        vector = self._similarities.vector
        known = [(pk, more) for pk, more in votes if pk in self._papers]
        return Taste(
            more={pk: vector(pk) for pk, more in known if more},
            less={pk: vector(pk) for pk, more in known if not more},
        )
