"""Why queries keep papers, in words: found for many of both at once, and kept for who gets the same."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from digest.matching import Query, Reason, Term
from digest.matching.ast import Topic
from digest.matching.percolator.term_places import TermPlaces
from digest.matching.query.shipped_topics import preset_queries
from digest.matching.ranking.explainer import Explainer
from digest.selection.shown_reasons import ShownReasons, pack

if TYPE_CHECKING:
    from digest.selection.pool import Pool

Wording = tuple[int, str]  # a paper, and a query that keeps it
_LINES = 50_000  # remembered: 10 MB


class Words:
    """The reasons of papers of a pool, packed; made paper by paper, for all words of one take room."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._lines: dict[Wording, str] = {}
        self._topics: dict[int, Mapping[Topic, tuple[Reason, ...]]] = {}

    def of(self, wanted: Collection[Wording], queries: Mapping[str, Query]) -> Mapping[Wording, str]:
        """Why each paper is kept by the query of this text."""
        missing = [one for one in wanted if one not in self._lines]
        found = {one: self._lines[one] for one in wanted if one in self._lines}
        if len(self._lines) > _LINES:
            self._lines.clear()
        made = dict(self._make(missing, queries))
        self._lines |= made
        return found | made

    def _make(
        self, wanted: Collection[Wording], queries: Mapping[str, Query]
    ) -> Iterator[tuple[Wording, str]]:
        texts: dict[int, list[str]] = defaultdict(list)
        for pk, text in wanted:
            texts[pk].append(text)
        numbers, index, _ = self._pool.indexed(texts.keys())
        places = TermPlaces(index, self._terms({queries[text] for _, text in wanted}))
        for number, pk in enumerate(numbers):
            paper = self._pool.papers[pk]
            explainer = Explainer(paper, places.of(number), self._topics.get(pk, {}))
            for text in texts[pk]:
                reasons = ShownReasons.of(explainer.explain(queries[text]).reasons)
                yield (pk, text), pack(paper, reasons)
            self._topics[pk] = explainer.topics

    def _terms(self, queries: Collection[Query]) -> Iterator[Term]:
        """All that explaining these queries may look for."""
        leaves = {leaf for query in queries for leaf in query.leaves}
        topics = {leaf.slug for leaf in leaves if isinstance(leaf, Topic)}
        leaves |= {leaf for slug in topics for leaf in preset_queries()[slug].leaves}
        yield from (leaf for leaf in leaves if isinstance(leaf, Term))
        yield from self._pool.also_written.terms
