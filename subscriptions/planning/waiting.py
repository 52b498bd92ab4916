"""Waiting: readers whose digest is held for a source that has not announced its papers of the day yet.

Only those wait whose filters can bring papers from that source, at most as long after their own hour as the
operator set for it. Then the digest goes, says what it lacks, and the papers come with the next one.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from digest.ingestion.announcements import Awaited, awaited
from digest.matching.query.by_source import may_bring_from
from digest.selection.requests import TRENDING, Filter, stored_query
from subscriptions.models import FilterSet, Subscriber
from subscriptions.models.subscriber import SubscriberQuerySet
from subscriptions.planning.filters import Filters

_TOLD = ("queries", "exclude", "muted")  # where a filter set may name a source
_BY_SOURCE = "source:"


class Waiting:
    """Who waits at `now`, and what the digests of the others lack."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._awaited = awaited(now)

    def due(self) -> SubscriberQuerySet:
        """Readers whose next digest is due and who do not wait."""
        due = Subscriber.objects.due(self._now)
        return due.exclude(self._held) if self._awaited else due

    def lacking(self, filters: Sequence[Filter]) -> tuple[str, ...]:
        """The titles of the sources that these filters draw on and that are late."""
        late = [one for one in self._awaited if one.moment <= self._now]
        return tuple(dict.fromkeys(one.title for one in late if _draw_on(filters, one)))

    @cached_property
    def _held(self) -> Q:
        held = Q()
        for one in self._awaited:
            waits = Q(next_digest_at__gt=self._now - one.wait, next_digest_at__gte=one.moment - one.wait)
            held |= waits & ~Q(filter_set__in=self._not_drawing_on(one))
        return held

    def _not_drawing_on(self, source: Awaited) -> list[int]:
        return [pk for pk in self._particular if not _draw_on(self._filters.of(pk), source)]

    @cached_property
    def _filters(self) -> Filters:
        filters = Filters()
        filters.load(self._particular)
        return filters

    @cached_property
    def _particular(self) -> list[int]:
        """The due filter sets that name a source, or bring Trending alone: all others draw on any source."""
        sets = FilterSet.objects.annotate(**{f"{name}_text": Cast(name, TextField()) for name in _TOLD})
        says = Q(topics__query__contains=_BY_SOURCE) | Q(topics=None, queries=[])
        for name in _TOLD:
            says |= Q(**{f"{name}_text__contains": _BY_SOURCE})
        due = Subscriber.objects.due(self._now)
        return list(sets.filter(says, subscribers__in=due).distinct().values_list("pk", flat=True))


def _draw_on(filters: Sequence[Filter], source: Awaited) -> bool:
    """Whether one of the filters can bring a paper of this source; Trending compares papers with votes."""
    return any(
        may_bring_from(stored_query(one.query), source.name)
        for one in filters
        if source.votes or one.kind != TRENDING
    )
