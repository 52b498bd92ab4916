"""Search all stored papers with the query language: exactly the papers that matching would keep.

query → groups of segments → the papers of each that it keeps → those that count, in order
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from digest.archive.indexing import catch_up
from digest.archive.segments import Current, Segment, current, grouped, together
from digest.lib.messages import deferred
from digest.matching import Query, QuerySyntaxError, parse_query
from digest.matching.percolator.stored_search import StoredSearch
from digest.matching.percolator.title_search import Searcher
from digest.selection.liked_papers import known

_REMEMBERED = 128  # answers of a group of segments, of 330 KB at most
MOST_TERMS = 40  # anybody may search, and each word costs the server time


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Primary keys of papers, newest day first or best titles first, and how many there are of each day."""

    papers: tuple[int, ...]
    per_day: Mapping[date, int]


def visitors_query(text: str) -> Query:
    """The query that a visitor wrote; QuerySyntaxError if it cannot be read, or is too long for anybody's."""
    query = parse_query(text)
    if query.size > MOST_TERMS:
        hint = deferred("At most %(most)s words and phrases; search for some of them.", most=MOST_TERMS)
        raise QuerySyntaxError(deferred("The query is too long"), text, 0, hint)
    return known(query, text)


def find(
    query: Query, since: date | None = None, until: date | None = None, *, titles_first: bool = False
) -> SearchResult:
    """The stored papers that `query` keeps, of those first listed on `since` or later, `until` or earlier.

    With `titles_first` those whose title has all the words come before those whose title has some, and these
    before the others, or those most like a paper that the query names come first; else, and among equals, the
    newest do.
    """
    catch_up()
    low = since.toordinal() if since else 0
    high = until.toordinal() if until else date.max.toordinal()
    days, papers, ranks = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    dated = (one for one in current() if one.segment.last_day >= low and one.segment.first_day <= high)
    for group in grouped(dated):
        kept, rank = _searched(query, titles_first, tuple(one.segment for one in group))
        all_days, all_papers, counts = columns(group)
        counts &= (all_days >= low) & (all_days <= high)
        some = counts[kept]
        days.append(all_days[kept[some]])
        papers.append(all_papers[kept[some]])
        ranks.append(rank[some])
    found_days, found = np.concatenate(days), np.concatenate(papers)
    order = np.lexsort((found, found_days, np.concatenate(ranks)))[::-1]
    per_day = np.unique(found_days, return_counts=True)
    return SearchResult(
        tuple(found[order].tolist()),
        {date.fromordinal(day): count for day, count in zip(*map(np.ndarray.tolist, per_day), strict=True)},
    )


@lru_cache(maxsize=_REMEMBERED)
def _searched(
    query: Query, titles_first: bool, segments: tuple[Segment, ...]
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The papers of some segments that a query keeps, and their ranks: as segments never change, for good."""
    kept, ranks = Searcher(query, titles_first=titles_first).search(together(segments))
    return kept.astype(np.int32), ranks


def forget() -> None:
    """Look everything up again: for measuring."""
    _searched.cache_clear()


def columns(group: Sequence[Current]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Of the papers of some segments the days, the primary keys, and whether they count."""
    return (
        np.concatenate([one.segment.days for one in group]),
        np.concatenate([one.segment.papers for one in group]),
        np.concatenate([one.counts for one in group]),
    )


def kept_among(queries: Sequence[Query], papers: Collection[int]) -> list[frozenset[int]]:
    """For each query those of the stored `papers`, primary keys, that it keeps."""
    catch_up()
    search, wanted = StoredSearch([query.root for query in queries]), np.array([*papers], np.int64)
    found: list[list[int]] = [[] for _ in queries]
    near = (one for one in current() if one.segment.may_have(wanted))
    having = (one for one in near if (one.counts & np.isin(one.segment.papers, wanted)).any())
    for group in grouped(having):
        _, stored, counts = columns(group)
        among = counts & np.isin(stored, wanted)
        for number, kept in enumerate(search.papers(together([one.segment for one in group]), among)):
            found[number] += stored[kept & among].tolist()
    return [frozenset(pks) for pks in found]
