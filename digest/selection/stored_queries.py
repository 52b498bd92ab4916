"""Stored queries as they are matched: each with the papers it names as liked, as these are stored now."""

from collections.abc import Iterable, Sequence

from digest.matching import Query
from digest.matching.index.paper_index import Index
from digest.matching.percolator.percolator import Percolator
from digest.models import Paper
from digest.selection.liked_papers import looked_up
from digest.selection.requests import stored_query


def read(texts: Iterable[str]) -> dict[str, Query]:
    """The query of each of the texts; one that cannot be read keeps nothing."""
    return looked_up({text: stored_query(text) for text in texts})


def kept_by(text: str, papers: Sequence[Paper], index: Index) -> frozenset[int]:
    """Those of `papers`, whose `index` it is, that the query keeps, where nobody asks why."""
    found = Percolator.of(read([text])).match(papers, index)
    return frozenset(match.paper.pk for match in found.get(text, ()))
