"""Which one change would help filters that bring nothing, or too much, on the papers of late."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from digest.archive import queries
from digest.archive.corpus import Corpus, corpus_since
from digest.ingestion.shipped_topics import selecting
from digest.matching import Query, QuerySyntaxError, parse_query
from digest.matching.proposing.engine import proposals_for
from digest.matching.proposing.proposals import Ticks
from digest.matching.query.relax import relaxations
from digest.models import EditionEntry, Paper, Topic
from digest.selection import stored_queries
from digest.selection.requests import ALL, Filter, stored_query
from subscriptions.accounts.preferences import MOST_QUERIES
from subscriptions.accounts.query_builder import followed, narrowed
from subscriptions.accounts.suggestions import TOPIC
from subscriptions.models import FilterSet

DAYS = 30  # over which papers are counted
PAST = 90  # days whose papers say what filters are about
_LIKED = 20  # latest papers that say so
FEWEST, MOST = 2, 45  # papers of `DAYS` that an addition may bring: fewer are no help, more a flood
EXAMPLES = 3
UPVOTES = (2, 5, 10, 20, 30, 50, 100, 200)
_WEEK = 7


@dataclass(frozen=True, slots=True)
class Change:
    """A change, as `Suggestion` stores it."""

    query: str = ""
    least_upvotes: int = 0
    papers: float = 0.0
    papers_before: float = 0.0
    examples: tuple[int, ...] = ()


class RecentPapers:
    """The papers of late, against which changes are tried."""

    def __init__(self, newest: date) -> None:
        past = queries.days_ago(newest, PAST)
        self._corpus: Corpus = corpus_since(past)
        since = queries.days_ago(newest, DAYS)
        papers = Paper.objects.filter(day__gte=past).order_by("-day", "-pk")
        listed = papers.values_list("pk", "day", "upvotes")
        rows = [row for row in listed if row[0] in self._corpus.number_of]
        self._upvotes = {pk: upvotes for pk, day, upvotes in rows if day >= since}
        self._newest_first = [pk for pk, _, _ in rows]
        self._recent = self._corpus.mask(self._upvotes)
        days = EditionEntry.objects.filter(edition__day__gte=since).order_by().values("edition__day")
        self._days = max(days.distinct().count(), 1)
        self._topics = [
            (f"{TOPIC}{topic.slug}", parse_query(text))
            for topic in Topic.objects.filter(enabled=True)
            if _readable(text := selecting(topic))
        ]

    def addition(
        self, filters: Sequence[Filter], wanted: FilterSet, refused: Collection[str]
    ) -> Change | None:
        """A query or topic that brings some papers more; none of `refused`.

        The reader's own queries with a clause less come first, as in near misses; then what the papers of
        their filters have in common.
        """
        kept = self._kept(filters)
        full = sum(1 for text in wanted.queries if not followed(text)) >= MOST_QUERIES
        for text, query in self._additions(wanted, kept):
            if text in refused or (full and not text.startswith(TOPIC)):
                continue
            (bits,) = self._corpus.bits([_narrowed(query, wanted)])
            more = self._pks(bits & self._recent & ~kept)
            if FEWEST <= len(more) <= MOST:
                return Change(query=text, papers=len(more) * _WEEK / DAYS, examples=tuple(more[:EXAMPLES]))
        return None

    def narrowing(
        self, filters: Sequence[Filter], wanted: FilterSet, volume: int, digest_days: int
    ) -> Change | None:
        """The fewest upvotes to ask for that bring no more than `volume` papers in `digest_days` days."""
        kept = self._pks(self._kept(filters) & self._recent)
        share = digest_days / self._days
        if len(kept) * share <= volume:  # it was much of late, and is not in the mean
            return None
        for least in UPVOTES:
            left = [pk for pk in kept if (self._upvotes[pk] or 0) >= least]
            if not left:
                return None
            if least > wanted.least_upvotes and len(left) * share <= volume:
                return Change(least_upvotes=least, papers=len(left) * share, papers_before=len(kept) * share)
        return None

    def _additions(self, wanted: FilterSet, kept: int) -> Iterator[tuple[str, Query]]:
        for text in wanted.queries:
            for relaxed in relaxations(stored_query(text)):
                yield relaxed.add, relaxed.query
        liked = self._pks(kept)[:_LIKED]
        papers = Paper.objects.filter(pk__in=liked).order_by("pk")
        ticks = Ticks(self._corpus.mask(liked), 0, len(self._corpus.number_of))
        names = {str(query): slug for slug, query in self._topics}
        for one in proposals_for(list(papers), [q for _, q in self._topics], ticks, self._corpus.bits):
            yield names.get(str(one), str(one)), one.query

    def _kept(self, filters: Sequence[Filter]) -> int:
        """What the filters keep, but for Trending, which brings only the first of all papers."""
        whole = [one for one in filters if not one.kind or one.most == ALL]
        kept = 0
        for bits in self._corpus.bits([*stored_queries.read(one.query for one in whole).values()]):
            kept |= bits
        return kept

    def _pks(self, bits: int) -> list[int]:
        """The papers, newest first."""
        number_of = self._corpus.number_of
        return [pk for pk in self._newest_first if bits >> number_of[pk] & 1]


def _narrowed(query: Query, wanted: FilterSet) -> Query:
    text = narrowed(str(query), wanted.exclude, wanted.least_upvotes)
    return stored_queries.read([text])[text]


def _readable(text: str) -> bool:
    try:
        parse_query(text)
    except QuerySyntaxError:
        return False
    return True
