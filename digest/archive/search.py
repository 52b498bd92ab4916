"""Search all stored papers with the query language: exactly the papers that matching would keep.

query → what it looks for → that part of each segment's index → the same engine as for new papers
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from digest.archive.indexing import catch_up
from digest.archive.segments import Current, current
from digest.lib.messages import deferred
from digest.matching import Query, QuerySyntaxError, parse_query
from digest.matching.percolator.title_search import Searcher
from digest.matching.proposing.engine import Many
from digest.selection.liked_papers import known

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
    searcher = Searcher(query, titles_first=titles_first)
    days, papers, ranks = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.uint8)]
    for one in current():
        segment = one.segment
        if segment.last_day < low or segment.first_day > high:
            continue
        kept, rank = searcher.search(segment.part(searcher.sought))
        counts = one.counts[kept] & (segment.days[kept] >= low) & (segment.days[kept] <= high)
        days.append(segment.days[kept[counts]])
        papers.append(segment.papers[kept[counts]])
        ranks.append(rank[counts])
    all_days, all_papers = np.concatenate(days), np.concatenate(papers)
    order = np.lexsort((all_papers, all_days, np.concatenate(ranks)))[::-1]
    per_day = Counter(all_days[order].tolist())
    return SearchResult(
        tuple(all_papers[order].tolist()),
        {date.fromordinal(day): count for day, count in per_day.items()},
    )


def kept_among(queries: Sequence[Query], papers: Collection[int]) -> list[frozenset[int]]:
    """For each query those of the stored `papers`, primary keys, that it keeps."""
    catch_up()
    many, wanted = Many(queries), np.array([*papers], np.int64)
    found: list[list[int]] = [[] for _ in queries]
    for one in current():
        among = one.counts & np.isin(one.segment.papers, wanted)
        if among.any():
            for number, kept in enumerate(many.kept(one.segment.part(many.sought))):
                found[number] += one.segment.papers[kept & among].tolist()
    return [frozenset(pks) for pks in found]


@dataclass(frozen=True)
class Corpus:
    """The stored papers of some days, against which many queries are matched at once.

    Bit n of what `bits` gives stands for `papers[n]`; those of other days are None.
    """

    papers: tuple[int | None, ...]
    _segments: tuple[Current, ...]

    @cached_property
    def number_of(self) -> Mapping[int, int]:
        """The number of each paper by its primary key."""
        return {pk: number for number, pk in enumerate(self.papers) if pk is not None}

    @cached_property
    def _all(self) -> int:
        return self.mask(self.number_of)

    def mask(self, papers: Iterable[int]) -> int:
        """The bits of those of `papers`, primary keys, that belong to it."""
        bits = np.zeros(len(self.papers), np.bool_)
        bits[[self.number_of[pk] for pk in {*papers} & self.number_of.keys()]] = True
        return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")

    def bits(self, queries: Sequence[Query]) -> list[int]:
        """For each query the papers that it keeps."""
        many, kept, offset = Many(queries), [0] * len(queries), 0
        for one in self._segments:
            found = many.bits_in(one.segment.part(many.sought))
            kept = [a | b << offset for a, b in zip(kept, found, strict=True)]
            offset += one.segment.index.count
        return [bits & self._all for bits in kept]


def corpus_since(day: date) -> Corpus:
    """The stored papers first listed on `day` or later."""
    catch_up()
    since = day.toordinal()
    segments = tuple(one for one in current() if one.segment.last_day >= since)
    papers = [
        pk if belongs else None
        for one in segments
        for pk, belongs in zip(
            one.segment.papers.tolist(), (one.counts & (one.segment.days >= since)).tolist(), strict=True
        )
    ]
    return Corpus(tuple(papers), segments)
