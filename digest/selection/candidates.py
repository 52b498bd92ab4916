"""Candidates: the papers of one window that queries keep, and why; each query matched and explained once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property, lru_cache

from digest.matching import Number, Query
from digest.matching.index.paper_index import Index
from digest.matching.percolator.percolator import Percolator
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.order import score
from digest.matching.ranking.similarity import Similarities
from digest.models import Paper
from digest.selection import stored_queries
from digest.selection.requests import Filter
from digest.selection.shown_reasons import ShownReasons, explained, pack
from digest.selection.window import Window

_NUMBERS = frozenset(Number)
_EXPLAINERS = 200  # of papers carried over, which few selections have


@dataclass(frozen=True, slots=True)
class Match:
    """A paper that a query keeps, how strongly, its score for the order, and the reasons, packed."""

    paper: int
    key: str
    strength: float
    score: float
    reasons: str


@dataclass(frozen=True, slots=True)
class _QueryMatches:
    """What a query keeps: candidates, those of them that crossed a threshold, and papers seen before."""

    candidates: tuple[Match, ...]
    crossed: frozenset[int]
    seen: frozenset[int]


class WindowMatcher:
    """Matches queries on the papers of one window; a query is matched, and a match explained, once.

    `queries` are those matched last, by their texts; `papers` those of the window, and what was loaded.
    Selections with the same match share its reasons.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.index = index_of(self.window.papers)
        self.queries: Mapping[str, Query] = {}
        self.listed = {paper.pk for paper in self.window.papers}
        self._matches: dict[str, _QueryMatches] = {}
        self._explainer = lru_cache(maxsize=_EXPLAINERS)(Explainer)
        self.papers = {paper.pk: paper for paper in (*self.window.papers, *self.window.revised)}
        self.similarities = Similarities(self.papers)

    def load(self, papers: Collection[int]) -> AbstractSet[int]:
        """Read those of `papers` that are not known yet: voted on, carried over, of a library. Tells which.

        Some may be gone.
        """
        read = Paper.objects.by_number([pk for pk in papers if pk not in self.papers])
        self.papers |= read
        return read.keys()

    def forget(self, papers: Collection[int]) -> None:
        """Drop what `load` read."""
        for pk in papers:
            del self.papers[pk]
        self.similarities.forget(papers)

    def match(self, texts: Collection[str]) -> None:
        """Match those queries that are not matched yet; others than these are forgotten."""
        self._matches = {text: found for text, found in self._matches.items() if text in texts}
        read = stored_queries.read(text for text in texts if text not in self.queries)
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

    def _explained(self, kept_by: Mapping[int, Sequence[str]]) -> Mapping[str, list[Match]]:
        """The matches of each query, from the queries that keep each paper.

        Paper by paper, for an explainer holds all the paper's words and positions.
        """
        matches: dict[str, list[Match]] = defaultdict(list)
        for pk, texts in kept_by.items():
            paper = self.papers[pk]
            explainer = Explainer(paper)
            age = (self.window.day - paper.published).days if self.window.day and paper.published else 0
            for text in texts:
                found = explainer.explain(self.queries[text])
                reasons = pack(paper, ShownReasons.of(found.reasons))
                points = score(found.strength, paper.upvotes, age)
                matches[text].append(Match(pk, paper.key, found.strength, points, reasons))
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

    def best_matches(
        self, filters: Sequence[Filter], out: Collection[int]
    ) -> tuple[dict[int, tuple[Match, int]], set[int], set[int]]:
        """The strongest match of each paper with its filter; papers seen before; those that crossed."""
        best: dict[int, tuple[Match, int]] = {}
        seen: set[int] = set()
        crossed: set[int] = set()
        for number, filter_ in enumerate(filters):
            if filter_.kind:
                continue
            found = self._matches[filter_.query]
            seen |= found.seen
            crossed |= found.crossed
            for match in found.candidates:
                known = best.get(match.paper)
                if known is None or match.strength > known[0].strength:
                    best[match.paper] = (match, number)
        for paper in out:
            best.pop(paper, None)
        return best, seen, crossed & best.keys()

    def reasons(self, paper: Paper, queries: Sequence[str]) -> ShownReasons | None:
        """Why the first of `queries` that keeps this paper does so; None if none of them does."""
        return explained(self._explainer(paper), (self.queries[text] for text in queries))
