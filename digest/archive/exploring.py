"""What /explore/ shows: recent papers to tick, and the queries that those ticked suggest.

recent papers → the most voted for of each topic in turn → ticks → proposals, each with how much it brings
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np
from django.core.cache import cache

from digest.archive import queries
from digest.archive.corpus import corpus_since
from digest.archive.queries import Line
from digest.ingestion.shipped_topics import selecting
from digest.matching import Query, QuerySyntaxError, parse_query
from digest.matching.proposing.engine import proposals_for
from digest.matching.proposing.proposals import Ticks
from digest.matching.proposing.shown import diverse
from digest.models import Paper, Release, Topic

DAYS = 30
SHOWN = 20
MOST_SHOWN = 60
FEWEST = 10  # papers; of fewer nothing can be said
_KEPT = 300  # seconds for which the papers to show are remembered
_RANKED = 3 * MOST_SHOWN  # best papers of each topic that may be shown


@dataclass(frozen=True, slots=True)
class Offer:
    """A query that is proposed; `topic` if it is one that can be ticked.

    Of the recent `papers` it keeps so many; `caught` are the titles of the ticked ones among them, and
    `chosen` says that it catches one that no better proposal does.
    """

    query: str
    topic: Topic | None
    papers: int
    caught: tuple[str, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """The offers for so many `ticked` papers, and the days over which papers are counted."""

    offers: tuple[Offer, ...]
    ticked: int
    days: int


def to_tick(pages: int) -> list[Line]:
    """The papers of the first `pages` pages to tick; none while too few have come in."""
    newest = queries.newest_day()
    if newest is None:
        return []
    return queries.lines(queries.in_order(_shown(newest)[: SHOWN * pages]))


def proposed(ticked: Collection[int], pages: int) -> Proposed | None:
    """What the `ticked` papers suggest, as far as they are recent, of those on `pages` pages; or None."""
    newest = queries.newest_day()
    if newest is None:
        return None
    since, oldest = queries.days_ago(newest, DAYS), queries.oldest_day() or newest
    corpus = corpus_since(since)
    papers = list(Paper.objects.filter(pk__in={*ticked} & corpus.number_of.keys()).order_by("pk"))
    if not papers:
        return None
    topics = _topics()
    mask = corpus.mask(paper.pk for paper in papers)
    over = corpus.mask(_shown(newest)[: SHOWN * pages]) & ~mask
    found = proposals_for(papers, list(topics.values()), Ticks(mask, over, corpus.count), corpus.bits)
    by_query = {str(query): topic for topic, query in topics.items()}
    offers, covered = [], 0
    for one in found:
        titles = tuple(paper.title for paper in papers if one.caught >> corpus.number_of[paper.pk] & 1)
        offers.append(
            Offer(str(one), by_query.get(str(one)), one.kept, titles, chosen=bool(one.caught & ~covered))
        )
        covered |= one.caught
    return Proposed(tuple(offers), len(papers), (newest - max(since, oldest)).days + 1)


def _shown(newest: date) -> Sequence[int]:
    """The papers to show, in order; remembered, for telling which are alike takes time."""
    name = f"explore:{newest}:{Release.objects.order_by('-pk').values_list('pk', flat=True).first()}"
    shown: Sequence[int] | None = cache.get(name)
    if shown is None:
        shown = _chosen(queries.days_ago(newest, DAYS))
        cache.set(name, shown, _KEPT)
    return shown


def _chosen(since: date) -> Sequence[int]:
    corpus = corpus_since(since)
    if corpus.count < FEWEST:
        return []
    kept = corpus.kept(list(_topics().values()))
    none = ~reduce(np.logical_or, kept, np.zeros((), np.bool_))
    groups = [corpus.most_upvoted(row, _RANKED) for row in (*kept, none)]
    papers = Paper.objects.in_bulk({pk for group in groups for pk in group})
    return diverse([[pk for pk in group if pk in papers] for group in groups], papers, MOST_SHOWN)


def _topics() -> dict[Topic, Query]:
    """The offered topics as queries, but for any whose wording cannot be read."""
    found = {}
    for topic in Topic.objects.filter(enabled=True):
        try:
            found[topic] = parse_query(selecting(topic))
        except QuerySyntaxError:
            continue
    return found
