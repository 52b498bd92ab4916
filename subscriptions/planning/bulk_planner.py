"""Plan together: readers who share all that counts, by set operations in the database.

due readers → groups → requests → selections (each once) → INSERT … SELECT of deliveries → next due times

No reader becomes an object here. Selections are made outside of any transaction; a short one then locks the
readers of a chunk, writes their deliveries and moves them on. Who needs a closer look, or changed in between,
stays due and is left to `plan`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from django.db import connection, transaction
from django.db.models import F, Q

from digest.selection.requests import SelectionRequest
from subscriptions.lib.selection_rows import kept
from subscriptions.models import Delivery, SavedPaper, Vote
from subscriptions.models.delivery import IS_OPEN
from subscriptions.models.subscriber import SubscriberQuerySet
from subscriptions.planning.bulk_statements import (
    Share,
    advance,
    insert_deliveries,
    insert_deliveries_of,
)
from subscriptions.planning.filters import Filters
from subscriptions.planning.runs import Planning
from subscriptions.planning.selection_requests import (
    COLUMNS,
    Group,
    received,
    request_for,
    why_empty,
)
from subscriptions.planning.trending_history import History, TrendingHistory

CHUNK = 10_000  # readers in one transaction
SPAN = 100_000  # numbers of readers in one chunk, due or not: the database keeps their open digests in a hash
REQUESTS = 1000  # selections in memory at a time


def sharing(due: SubscriberQuerySet, numbers: tuple[int, int]) -> SubscriberQuerySet:
    """Readers of those `due` without an open digest, a taste or a library, of those with these `numbers`.

    The exceptions are asked for by number, too, and not reader by reader: on a table without statistics
    PostgreSQL would read all open digests again for each.
    """
    of_these = {"subscriber__pk__range": numbers}
    due = due.filter(pk__range=numbers)
    with_open = Delivery.objects.filter(IS_OPEN, **of_these).order_by().values("subscriber")
    with_library = SavedPaper.objects.filter(**of_these).with_library()
    due = due.exclude(pk__in=with_open).exclude(pk__in=Vote.objects.filter(**of_these).with_taste())
    return due.exclude(pk__in=with_library)


def plan_together(planning: Planning) -> Iterator[Counter[str]]:
    """Plan the readers who share, chunk by chunk; yields how many deliveries of each came to which state."""
    due = planning.waiting.due().order_by().values_list("covered", "returning")
    spans = due.distinct().order_by(
        F("covered").asc(nulls_last=True)
    )  # longest first: others are parts of it
    for covered, returning in spans:
        yield from _Window(planning, covered, returning).plan()


class _Window:
    """The due readers whose last digest ended at the same release: they choose among the same papers."""

    def __init__(self, planning: Planning, covered: int | None, returning: bool) -> None:
        self._planning = planning
        self._alike = Q(covered=covered, returning=returning)  # None: IS NULL
        self._due = planning.waiting.due().filter(self._alike).order_by("pk")
        self._filters, self._selector = Filters(), planning.selector
        self._shares: dict[Group, Share] = {}
        self._covered = covered

    def plan(self) -> Iterator[Counter[str]]:
        last = 0
        while True:
            numbers = self._due.filter(pk__gt=last).values_list("pk", flat=True)
            if (first := numbers.first()) is None:
                return
            span = numbers.filter(pk__lt=first + SPAN)
            last = next(iter(span[CHUNK - 1 : CHUNK]), None) or span.last() or first
            readers = sharing(self._planning.waiting.due(), (first, last)).filter(self._alike)
            yield self._plan_chunk(readers.order_by())

    def _plan_chunk(self, readers: SubscriberQuerySet) -> Counter[str]:
        histories = self._histories(readers)
        self._share(self._groups(readers, histories))
        if not self._shares:
            return Counter()
        run = self._planning.run
        with transaction.atomic(), connection.cursor() as cursor:
            unlocked = readers.order_by("pk").select_for_update(skip_locked=True)
            mine = list(unlocked.values_list("pk", flat=True))
            self._drop_deleted()
            exceptions = self._received_before(readers, histories) if self._crossed else frozenset()
            ours = [pk for pk in mine if pk not in exceptions]
            apart = self._groups_of(readers, histories)
            planned = insert_deliveries(cursor, [pk for pk in ours if pk not in apart], self._shares, run)
            if apart:
                shares = {pk: self._shares.get(group) for pk in ours if (group := apart.get(pk))}
                known = {pk: share for pk, share in shares.items() if share}
                planned += insert_deliveries_of(cursor, known, run)
            advance(cursor, [pk for pk, _ in planned], self._planning)
        return Counter(state for _, state in planned)

    def _groups(self, readers: SubscriberQuerySet, histories: Mapping[int, History]) -> set[Group]:
        """The distinct groups of `readers`."""
        if not histories:
            return {Group(*values) for values in readers.values_list(*COLUMNS).distinct()}
        others = readers.exclude(filter_set__trending__gt=0).values_list(*COLUMNS).distinct()
        return {Group(*values) for values in others} | {
            group for group in self._groups_of(readers, histories).values() if group
        }

    def _groups_of(
        self, readers: SubscriberQuerySet, histories: Mapping[int, History]
    ) -> dict[int, Group | None]:
        """The group of each reader of Trending, by what they had; None where that was not asked for."""
        if not histories:
            return {}
        rows = readers.filter(filter_set__trending__gt=0).values_list("pk", *COLUMNS)
        return {
            pk: Group(*values)._replace(history=histories[pk]) if pk in histories else None
            for pk, *values in rows
        }

    def _histories(self, readers: SubscriberQuerySet) -> Mapping[int, History]:
        """The selections that readers of Trending had of late; nothing if all that they had came out before.

        They stay as they are while their readers are due and have no open digest.
        """
        if self._covered is None:
            return {}
        trending = list(readers.filter(filter_set__trending__gt=0).values_list("pk", flat=True))
        if not trending or self._covered <= self._planning.two_days_ago:
            return {}
        return dict.fromkeys(trending, ()) | self._history.of(trending)

    @cached_property
    def _history(self) -> TrendingHistory:
        return TrendingHistory(self._planning.two_days_ago)

    def _share(self, groups: set[Group]) -> None:
        """Know what each of `groups` gets, and forget the others: popular ones are in every chunk."""
        shares = {group: share for group, share in self._shares.items() if group in groups}
        new = list(groups - shares.keys())
        for first in range(0, len(new), REQUESTS):
            batch = new[first : first + REQUESTS]
            self._filters.load({group.filter_set_id for group in batch})
            requests = {group: self._request(group) for group in batch}
            selections = self._selector.select(set(requests.values()))
            for group, request in requests.items():
                selection = selections[request]
                reason = why_empty(selection) if selection.is_empty else ""
                shares[group] = Share(selection.pk, reason, frozenset(selection.crossed))
        self._shares = shares

    def _request(self, group: Group) -> SelectionRequest:
        request = request_for(group, self._planning, self._filters)
        return replace(request, excluded=self._history.papers(group.history)) if group.history else request

    def _drop_deleted(self) -> None:
        """Keep the selections as they are; shares whose own was deleted meanwhile leave their readers due."""
        there = kept({share.selection for share in self._shares.values()})
        self._shares = {group: share for group, share in self._shares.items() if share.selection in there}

    @property
    def _crossed(self) -> frozenset[int]:
        """The papers that some share holds because a filter crossed."""
        return frozenset().union(*(share.crossed for share in self._shares.values()))

    def _received_before(
        self, readers: SubscriberQuerySet, histories: Mapping[int, History]
    ) -> frozenset[int]:
        """Readers who got, by another filter, a paper that is in their share because a filter crossed."""
        members = {
            pk: share.crossed
            for pk, *values in readers.values_list("pk", *COLUMNS)
            for group in [Group(*values)._replace(history=histories.get(pk, ()))]
            if (share := self._shares.get(group)) and share.crossed
        }
        before = received(members, self._crossed)
        return frozenset(pk for pk, papers in before.items() if papers & members[pk])
