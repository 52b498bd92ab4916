"""Candidates: the papers of one window that queries keep, and why; each query matched and explained once."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from digest.matching import Index, Number, Percolator, Query, index_of
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.likeness import Likeness
from digest.matching.ranking.order import Candidate, Cause, Note, rank, score
from digest.matching.ranking.relevance_feedback import LEAST_VOTES, Taste
from digest.matching.ranking.similarity import Similarities
from digest.models import Paper
from digest.selection.like_library import LikePaper, like_library, liked_of
from digest.selection.requests import LIBRARY, Filter, Votes, stored_query
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
        self._kept: dict[str, frozenset[int]] = {}

    def load(self, papers: Collection[int]) -> Collection[int]:
        """Read those of `papers` that are not known yet: voted on, carried over, of a library. Tells which.

        Some may be gone.
        """
        read = Paper.objects.in_bulk([pk for pk in papers if pk not in self._papers])
        self._papers |= read
        return read.keys()

    def forget(self, papers: Collection[int]) -> None:
        """Drop what `load` read."""
        for pk in papers:
            del self._papers[pk]
        self._similarities.forget(papers)

    def match(self, texts: Collection[str]) -> None:
        """Match those queries that are not matched yet; others than these are forgotten."""
        self._matches = {text: found for text, found in self._matches.items() if text in texts}
        self.queries = {text: self.queries.get(text) or stored_query(text) for text in texts}
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

    def rank(
        self,
        filters: Sequence[Filter],
        excluded: Collection[int],
        votes: Votes,
        library: Collection[int] = (),
    ) -> Ranking:
        """What these filters keep, ranked by what votes and library say too; their queries were all matched.

        What is like the library stands behind the rest, where no query brings it.
        """
        best: dict[int, tuple[_Match, int]] = {}
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
        for paper in excluded:
            best.pop(paper, None)
        crossed &= best.keys()
        candidates = [Candidate(match.paper, match.key, n, match.score) for match, n in best.values()]
        liked = [pk for pk in liked_of(library, votes) if pk in self._papers]
        ranked = rank(candidates, self._similarities, self._taste(votes, liked))
        known_by = {pk for pk, more in votes if more}
        items = [
            {"paper": candidate.number, "filter": candidate.section}
            | ({"note": _of_library(note, known_by)} if note else {})
            for candidate, note in ranked
        ]
        reasons = [best[candidate.number][0].reasons for candidate, _ in ranked]
        for number, filter_ in enumerate(filters):
            if filter_.kind == LIBRARY:
                for like in self._like(liked, filter_, {*best, *excluded}):
                    items.append({"paper": like.paper.pk, "filter": number})
                    reasons.append(pack(like.paper, like.reasons(self._papers[like.alike.nearest].title)))
        return Ranking(items, reasons, len(self._listed | crossed), len(seen - crossed), sorted(crossed))

    def _like(self, liked: Sequence[int], filter_: Filter, without: Collection[int]) -> Iterator[LikePaper]:
        """The new papers like those `liked`, as the filter keeps them."""
        vector = self._similarities.vector
        kept = self._keeps(filter_.query)
        new = (paper for paper in self.window.papers if paper.pk in kept and paper.pk not in without)
        return like_library(new, Likeness({pk: vector(pk) for pk in liked}), vector, filter_.most)

    def _keeps(self, query: str) -> frozenset[int]:
        """The new papers that a query keeps, whose reasons nobody asks for."""
        if query not in self._kept:
            found = Percolator.of({query: stored_query(query)}).match(self.window.papers, self.index)
            kept = (match.paper.pk for match in found.get(query, ()))
            self._kept[query] = frozenset(kept) - self.window.seen_papers
        return self._kept[query]

    def _taste(self, votes: Votes, liked: Collection[int]) -> Taste[int] | None:
        """What votes and library say; None if there are too few of either to say anything."""
        if not votes and len(liked) < LEAST_VOTES:
            return None
        vector = self._similarities.vector
        known = [(pk, more) for pk, more in votes if pk in self._papers]
        return Taste(
            more={pk: vector(pk) for pk in [*(pk for pk, more in known if more), *liked]},
            less={pk: vector(pk) for pk, more in known if not more},
        )

    def reasons(self, number: int, queries: Sequence[str]) -> str:
        """Why the first of `queries` that keeps this paper does so, packed; empty if the paper is gone."""
        paper = self._papers.get(number)
        if paper is None:
            return ""
        found = explained(self._explainer(paper), (self.queries[text] for text in queries))
        return pack(paper, found or ShownReasons())


def _of_library(note: Note, voted: Collection[int]) -> Note:
    """The note, told of the reader's library if the paper that raised another one is of that, and no vote."""
    if note.cause == Cause.RAISED and note.other not in voted:
        return Note(Cause.LIBRARY, note.other)
    return note
