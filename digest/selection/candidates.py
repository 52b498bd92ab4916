"""Candidates: the papers of one window that queries keep, and how strongly; each query is matched once.

What a query found in a paper is put into words only for papers that a digest shows.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.matching import Field, Number, Query, Term
from digest.matching.ast import Like
from digest.matching.index.paper_index import Index, numbers_of
from digest.matching.percolator.percolator import Percolator
from digest.matching.percolator.strengths import Strengths
from digest.matching.percolator.topic_assignment import index_of, with_topics
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.likeness import alike
from digest.matching.ranking.order import upvotes_worth
from digest.matching.ranking.similarity import Similarities
from digest.models import Paper
from digest.selection import stored_queries
from digest.selection.pool import Pool, Topics
from digest.selection.requests import Filter
from digest.selection.shown_reasons import ShownReasons, explained
from digest.selection.window import Window
from digest.selection.wording import Wording

_NUMBERS = frozenset(Number)
_EXPLAINERS = 200  # of papers carried over, which few selections have
Values = NDArray[np.float64]


class _QueryMatches(NamedTuple):
    """What a query keeps: places of candidates, how strongly, which of them crossed, papers seen before."""

    places: NDArray[np.intp]
    strengths: Values
    crossed: frozenset[int]
    seen: frozenset[int]


class Best(NamedTuple):
    """Candidates in the order of their keys, each with the number of the filter that keeps it most strongly.

    `scores` are for the order of papers; `seen` papers came out before, of which some `crossed`.
    """

    papers: list[int]
    filters: list[int]
    scores: list[float]
    seen: set[int]
    crossed: set[int]


class WindowMatcher:
    """Matches queries on the papers of one window.

    `queries` are those matched last, by their texts; `papers` those of the window, and what was loaded.
    `indexed` are those of the window in the order of their `index`.
    """

    def __init__(self, window: Window, pool: Pool) -> None:
        self.window, self.pool = window, pool
        self.queries: Mapping[str, Query] = {}
        self.listed = {paper.pk for paper in window.papers}
        self.papers = {paper.pk: paper for paper in (*window.papers, *window.revised)}
        self.similarities = Similarities(self.papers, pool)
        numbers, index, self._topics = pool.indexed(self.listed)
        self.indexed = [self.papers[pk] for pk in numbers]
        self.index = with_topics(index, self._topics)
        self._matches: dict[str, _QueryMatches] = {}
        self._explainer = lru_cache(maxsize=_EXPLAINERS)(Explainer)
        self._by_key = sorted(self.papers.values(), key=lambda paper: paper.key)
        self._place_of = {paper.pk: place for place, paper in enumerate(self._by_key)}
        self._numbers = np.array([paper.pk for paper in self._by_key], np.int64)
        self._worth = np.array([upvotes_worth(paper.upvotes, self._age(paper)) for paper in self._by_key])
        self._worth_unaged = np.array([upvotes_worth(paper.upvotes, 0) for paper in self._by_key])

    def _age(self, paper: Paper) -> int:
        day = self.window.day
        return (day - paper.published).days if day and paper.published else 0

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
        if not new:
            return
        numbers = [paper.pk for paper in self.indexed]
        places = np.array([self._place_of[pk] for pk in numbers], np.intp)
        is_seen = np.array([pk in self.window.seen_papers for pk in numbers], np.bool_)
        strengths = self._strengths(new, numbers, self.index, self._topics)
        crossed = self._crossed(new)
        for text in new:
            kept = strengths.of(text)
            seen = is_seen[kept.places]
            fresh, old = kept.places[~seen], kept.places[seen]
            found, strongly = places[fresh], kept.strengths[~seen]
            across = crossed.get(text, {})
            if across:
                found = np.concatenate((found, [self._place_of[pk] for pk in across]))
                strongly = np.concatenate((strongly, [*across.values()]))
            self._matches[text] = _QueryMatches(
                found, strongly, frozenset(across), frozenset(numbers[place] for place in old.tolist())
            )

    def _strengths(
        self, queries: Mapping[str, Query], numbers: Sequence[int], index: Index, topics: Topics
    ) -> Strengths[str]:
        """How strongly the queries keep the papers of these numbers, in the order of their index."""
        place_of = {pk: place for place, pk in enumerate(numbers)}

        def likeness(like: Like, place: int) -> float:
            found = alike(like.vector, self.pool.vector(numbers[place]))
            return found.strength if found else 0.0

        def also_written(term: Term) -> Iterator[tuple[int, Field]]:
            for pk, field in self.pool.also_written.fields(term):
                if pk in place_of:
                    yield place_of[pk], field

        return Strengths(queries, index, topics, likeness, also_written)

    def _crossed(self, queries: Mapping[str, Query]) -> dict[str, dict[int, float]]:
        """For each of `queries` the papers of earlier releases that it keeps now, not before: how strongly.

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
        numbers, now, topics, then, before = self._revised
        percolator, strengths = Percolator.of(affected), self._strengths(affected, numbers, now, topics)
        kept_then = percolator.match(before, then)
        crossed = {}
        for text in affected:
            kept = strengths.of(text)
            out = {match.paper.pk for match in kept_then.get(text, ())}
            strongly = zip(kept.places.tolist(), kept.strengths.tolist(), strict=True)
            crossed[text] = {
                numbers[place]: strength for place, strength in strongly if numbers[place] not in out
            }
        return crossed

    @cached_property
    def _revised(self) -> tuple[Sequence[int], Index, Topics, Index, Sequence[Paper]]:
        """The papers that were out before, as they are, how strongly of topics, and as they were."""
        window = self.window
        numbers, now, topics = self.pool.indexed([paper.pk for paper in window.revised])
        by_number = {paper.pk: paper for paper in window.before}
        before = [by_number[pk] for pk in numbers]
        now = with_topics(now, topics)
        if window.changed <= _NUMBERS:
            return numbers, now, topics, Index(now.count, now.graph, numbers_of(before), now.topics), before
        return numbers, now, topics, index_of(before), before

    def best_matches(self, filters: Sequence[Filter], out: Collection[int], *, aged: bool = True) -> Best:
        """The strongest match of each paper; `aged` upvotes of older papers count less."""
        strongest = np.full(len(self._by_key), -1.0)
        which = np.zeros(len(self._by_key), np.int64)
        seen: set[int] = set()
        crossed: set[int] = set()
        for number, filter_ in enumerate(filters):
            if filter_.kind:
                continue
            found = self._matches[filter_.query]
            seen |= found.seen
            crossed |= found.crossed
            stronger = found.strengths > strongest[found.places]
            places = found.places[stronger]
            strongest[places] = found.strengths[stronger]
            which[places] = number
        for paper in out:
            if paper in self._place_of:
                strongest[self._place_of[paper]] = -1.0
        places = np.flatnonzero(strongest >= 0)
        papers: list[int] = self._numbers[places].tolist()
        worth = self._worth if aged else self._worth_unaged
        scores = (strongest[places] + worth[places]).tolist()
        return Best(papers, which[places].tolist(), scores, seen, crossed.intersection(papers))

    def reasons(self, paper: Paper, queries: Sequence[str]) -> ShownReasons | None:
        """Why the first of `queries` that keeps this paper does so; None if none of them does."""
        return explained(self._explainer(paper), (self.queries[text] for text in queries))

    def worded(self, wanted: Collection[Wording]) -> Mapping[Wording, str]:
        """Why these queries keep these papers, packed."""
        return self.pool.words.of(wanted, self.queries)
