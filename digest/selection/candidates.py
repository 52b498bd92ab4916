"""Candidates: the papers of one window that queries keep, and why; each query matched and explained once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from digest.matching import Index, Number, Percolator, Query, index_of
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.order import Candidate, rank, score
from digest.matching.ranking.relevance_feedback import Taste
from digest.matching.ranking.similarity import Similarities
from digest.models import Paper
from digest.selection.liked_papers import looked_up
from digest.selection.requests import Votes, stored_query
from digest.selection.shown_reasons import ShownReasons, explained, pack
from digest.selection.window import Window

_NUMBERS = frozenset(Number)
_EXPLAINERS = 200  # of papers carried over, which few selections have


@dataclass(frozen=True, slots=True)
class _Match:
    """A paper that a query keeps, how strongly, its score for the order, and the reasons, packed."""

    paper: int
    key: str
    strength: float
    score: float
    reasons: str


@dataclass(frozen=True, slots=True)
class _QueryMatches:
    """What a query keeps: candidates, those of them that crossed a threshold, and papers seen before."""

    candidates: tuple[_Match, ...]
    crossed: frozenset[int]
    seen: frozenset[int]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates of several queries: ranked items as they are stored, their reasons, honest counts."""

    items: list[dict[str, Any]]
    reasons: list[str]
    scanned: int
    already_seen: int
    crossed: list[int]


class WindowMatcher:
    """Matches queries on the papers of one window; a query is matched, and a match explained, once.

    `queries` are those matched last, by their texts. Selections with the same match share its reasons.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.index = index_of(self.window.papers)
        self.queries: Mapping[str, Query] = {}
        self._listed = {paper.pk for paper in self.window.papers}
        self._matches: dict[str, _QueryMatches] = {}
        self._explainer = lru_cache(maxsize=_EXPLAINERS)(Explainer)
        self._papers = {paper.pk: paper for paper in (*self.window.papers, *self.window.revised)}
        self._similarities = Similarities(self._papers)

    def load(self, papers: Collection[int]) -> None:
        """Read those of `papers` that are not of the window: voted on, or carried over. Some may be gone."""
        self._papers |= Paper.objects.in_bulk([pk for pk in papers if pk not in self._papers])

    def match(self, texts: Collection[str]) -> None:
        """Match those queries that are not matched yet; others than these are forgotten."""
        self._matches = {text: found for text, found in self._matches.items() if text in texts}
        read = looked_up({text: stored_query(text) for text in texts if text not in self.queries})
        self.queries = {text: self.queries.get(text) or read[text] for text in texts}
        new = {text: query for text, query in self.queries.items() if text not in self._matches}
        matches = Percolator.of(new).match(self.window.papers, self.index)
        crossed = self._crossed(new)
        seen: dict[str, set[int]] = {text: set() for text in new}
        kept_by: dict[int, list[str]] = defaultdict(list)
        for text in new:
            for match in matches.get(text, ()):
                if match.paper.pk in self.window.seen_papers:
                    seen[text].add(match.paper.pk)
                else:
                    kept_by[match.paper.pk].append(text)
            for pk in crossed.get(text, ()):
                kept_by[pk].append(text)
        candidates = self._explained(kept_by)
        for text in new:
            self._matches[text] = _QueryMatches(
                tuple(candidates[text]), frozenset(crossed.get(text, ())), frozenset(seen[text])
            )

    def _explained(self, kept_by: Mapping[int, Sequence[str]]) -> Mapping[str, list[_Match]]:
        """The matches of each query, from the queries that keep each paper.

        Paper by paper, for an explainer holds all the paper's words and positions.
        """
        matches: dict[str, list[_Match]] = defaultdict(list)
        for pk, texts in kept_by.items():
            paper = self._papers[pk]
            explainer = Explainer(paper)
            age = (self.window.day - paper.published).days if self.window.day and paper.published else 0
            for text in texts:
                found = explainer.explain(self.queries[text])
                reasons = pack(paper, ShownReasons.of(found.reasons))
                points = score(found.strength, paper.upvotes, age)
                matches[text].append(_Match(pk, paper.key, found.strength, points, reasons))
        return matches

    @cached_property
    def _revised(self) -> tuple[Index, Index]:
        """The papers that were out before, as they are and as they were."""
        return index_of(self.window.revised), index_of(self.window.before)

    def _crossed(self, queries: Mapping[str, Query]) -> dict[str, list[int]]:
        """For each of `queries` the papers of earlier releases that it keeps now and did not before.

        Only queries that look at what changed are matched: votes rise hourly, and few filters compare them.
        """
        window = self.window
        if not window.revised:
            return {}
        affected = {
            text: query
            for text, query in queries.items()
            if window.changed - _NUMBERS or query.numbers & window.changed
        }
        if not affected:
            return {}
        percolator, (as_now, as_then) = Percolator.of(affected), self._revised
        now, then = percolator.match(window.revised, as_now), percolator.match(window.before, as_then)
        crossed = {}
        for text in now:
            kept = {match.paper.pk for match in then.get(text, ())}
            crossed[text] = [match.paper.pk for match in now[text] if match.paper.pk not in kept]
        return crossed

    def rank(self, queries: Sequence[str], excluded: Collection[int], votes: Votes) -> Ranking:
        """What these queries keep, all of which were matched, ranked by what the votes say too."""
        best: dict[int, tuple[_Match, int]] = {}
        seen: set[int] = set()
        crossed: set[int] = set()
        for number, text in enumerate(queries):
            found = self._matches[text]
            seen |= found.seen
            crossed |= found.crossed
            for match in found.candidates:
                known = best.get(match.paper)
                if known is None or match.strength > known[0].strength:
                    best[match.paper] = (match, number)
        for paper in excluded:
            best.pop(paper, None)
        crossed &= best.keys()
        candidates = [Candidate(match.paper, match.key, n, match.score) for match, n in best.values()]
        ranked = rank(candidates, self._similarities, self._taste(votes))
        items = [
            {"paper": candidate.number, "filter": candidate.section} | ({"note": note} if note else {})
            for candidate, note in ranked
        ]
        reasons = [best[candidate.number][0].reasons for candidate, _ in ranked]
        return Ranking(items, reasons, len(self._listed | crossed), len(seen - crossed), sorted(crossed))

    def _taste(self, votes: Votes) -> Taste[int] | None:
        if not votes:
            return None
        vector = self._similarities.vector
        known = [(pk, more) for pk, more in votes if pk in self._papers]
        return Taste(
            more={pk: vector(pk) for pk, more in known if more},
            less={pk: vector(pk) for pk, more in known if not more},
        )

    def reasons(self, number: int, queries: Sequence[str]) -> str:
        """Why the first of `queries` that keeps this paper does so, packed; empty if the paper is gone."""
        paper = self._papers.get(number)
        if paper is None:
            return ""
        found = explained(self._explainer(paper), (self.queries[text] for text in queries))
        return pack(paper, found or ShownReasons())
