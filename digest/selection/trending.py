"""Trending papers of a span: who competes, what they gained, and the reason that each place gives.

papers → positions, readings of their votes → contenders → places
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Max, Min

from digest.compose import Fact
from digest.ingestion.facts import teller_of
from digest.matching.index.paper_index import Index
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.ranking.trending import Contender, Place, places
from digest.models import EditionEntry, Paper, Release, Revision, Source
from digest.selection.requests import EVERY, TRENDING, Filter
from digest.selection.shown_reasons import ShownReasons
from digest.selection.stored_queries import kept_by
from digest.selection.window import Window, undoing, with_values

SPAN = timedelta(hours=48)
GAINED_IN = timedelta(hours=24)
APART = timedelta(hours=6)  # readings nearer to each other tell more of the hour than of the paper
_WEEK, _MONTH = 5, 16  # days between the first and the last paper from which a span is called so


def release_before(moment: datetime) -> int:
    """The newest release that is `SPAN` or more older than `moment`; 0 if there is none."""
    older = Release.objects.filter(released_at__lte=moment - SPAN)
    return older.aggregate(number=Max("pk"))["number"] or 0


@dataclass
class Contest:
    """The papers of a span, as of the release `through`, and their places.

    `period` is the span's name in reasons, where it has one; else the papers' days tell.
    """

    papers: Sequence[Paper]
    through: int
    period: str = ""
    _kept: dict[str, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of_window(cls, window: Window, after: int | None, through: int) -> "Contest":
        """Among the papers of the releases after `after` up to `through`, and the new ones of the window."""
        new = {paper.pk: paper for paper in window.papers if paper.pk not in window.seen_papers}
        if after is not None:
            released = Paper.objects.filter(release__gt=after, release__lte=through).exclude(pk__in=new)
            papers = {paper.pk: paper for paper in released}
            later = undoing(Revision.objects.filter(release__gt=through, paper__in=papers))
            new |= {pk: with_values(paper, later.get(pk, {})) for pk, paper in papers.items()}
        return cls(tuple(new.values()), through)

    @cached_property
    def places(self) -> list[Place]:
        """The places of all that compete, the first first."""
        gained, positions = self._gained(), self._positions()
        return places(
            [Contender(p.pk, p.key, p.upvotes, gained.get(p.pk), positions.get(p.pk, 0)) for p in self.papers]
        )

    @cached_property
    def aside(self) -> tuple[str, ...]:
        """The titles of the sources whose papers do not compete, because others have votes and they none."""
        voted = [paper for paper in self.papers if paper.upvotes is not None]
        names = {name for paper in self.papers if paper.upvotes is None for name in paper.source_names}
        if not voted or not names:
            return ()
        tellers = [(paper, teller_of(paper, "upvotes")) for paper in voted]
        counting = {teller for _, teller in tellers if teller is not None}
        first = {paper.source_name for paper, teller in tellers if teller is None}
        silent = Source.objects.filter(name__in=names - first).exclude(pk__in=counting)
        return tuple(silent.order_by("title").values_list("title", flat=True))

    def best(self, filter_: Filter, without: Collection[int]) -> Iterator[Place]:
        """The first `most` places of those that the filter's query keeps, but for the papers `without`."""
        kept = self._keeps(filter_.query)
        found = (one for one in self.places if one.number not in without and one.number in kept)
        for _, place in zip(range(filter_.most), found, strict=False):
            yield place

    def reason(self, place: Place) -> ShownReasons:
        """Why a paper is among the best: its place, of how many, in what time, and what it gained."""
        gained = "" if place.gained is None else place.gained
        return ShownReasons((), (Fact(TRENDING, f"{place.place}/{place.among}/{self._period}/{gained}"),))

    @cached_property
    def _period(self) -> str:
        if self.period:
            return self.period
        days = [paper.day for paper in self.papers]
        length = (max(days) - min(days)).days
        return "month" if length >= _MONTH else "week" if length >= _WEEK else "day"

    @cached_property
    def _index(self) -> Index:
        return index_of(self.papers)

    def _keeps(self, query: str) -> frozenset[int]:
        if query not in self._kept:
            every = frozenset(self._by_number)
            self._kept[query] = every if query == EVERY else kept_by(query, self.papers, self._index)
        return self._kept[query]

    def _positions(self) -> dict[int, int]:
        """The best place of each paper in an edition of its source."""
        entries = EditionEntry.objects.filter(paper__in=list(self._by_number)).order_by()
        return dict(entries.values_list("paper").annotate(Min("position")))

    def _gained(self) -> dict[int, int]:
        """The new upvotes of the last day, where two readings at least `APART` tell them.

        A release of an edition is a reading of all papers that it lists; a paper's votes before are those
        of its first reading, or of a day ago if it was out by then.
        """
        times = dict(Release.objects.filter(pk__lte=self.through).values_list("pk", "released_at"))
        if not times:
            return {}
        day_ago = times[max(times)] - GAINED_IN
        base = max((pk for pk, moment in times.items() if moment <= day_ago), default=0)
        changes = Revision.objects.filter(release__gt=base, release__lte=self.through)
        before = undoing(changes.filter(paper__in=list(self._by_number), before__has_key="upvotes"))
        found = {}
        for pk, read in self._read_last(before).items():
            paper, earlier = self._by_number[pk], before[pk]["upvotes"]
            first = times.get(max(paper.release_id or 0, base))
            if earlier is None or paper.upvotes is None or first is None or read - first < APART:
                continue
            found[pk] = max(paper.upvotes - earlier, 0)
        return found

    def _read_last(self, papers: Iterable[int]) -> dict[int, datetime]:
        """When an edition that lists the paper was read last, as far as releases tell."""
        entries = EditionEntry.objects.filter(
            paper__in=list(papers), edition__releases__pk__lte=self.through
        ).order_by()
        return dict(entries.values_list("paper").annotate(Max("edition__releases__released_at")))

    def paper(self, place: Place) -> Paper:
        """The paper at this place, as of `through`."""
        return self._by_number[place.number]

    @property
    def numbers(self) -> frozenset[int]:
        """All papers of the span, those that do not compete too."""
        return frozenset(self._by_number)

    @cached_property
    def _by_number(self) -> dict[int, Paper]:
        return {paper.pk: paper for paper in self.papers}
