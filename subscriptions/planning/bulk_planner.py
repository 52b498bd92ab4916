"""Plan together: readers who share all that counts, by set operations in the database.

due readers → groups → requests → selections (each once) → INSERT … SELECT of deliveries → next due times

No reader becomes an object here. Selections are made outside of any transaction; a short one then locks the
readers of a chunk, writes their deliveries and moves them on. Who needs a closer look, or changed in between,
stays due and is left to `plan`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.utils import timezone

from digest.selection.selector import Selector
from subscriptions.lib import bulk_sql
from subscriptions.lib.selection_rows import kept
from subscriptions.models import Delivery, Run, SavedPaper, Subscriber, Vote
from subscriptions.models.delivery import IS_OPEN
from subscriptions.models.schedule import Schedule, due_at
from subscriptions.models.subscriber import SubscriberQuerySet
from subscriptions.planning.runs import Planning
from subscriptions.planning.selection_requests import Filters, Group, received, request_for, why_empty

CHUNK = 10_000  # readers in one transaction
SPAN = 100_000  # numbers of readers in one chunk, due or not: the database keeps their open digests in a hash
REQUESTS = 1000  # selections in memory at a time
State = Delivery.State


def sharing(now: datetime, numbers: tuple[int, int]) -> SubscriberQuerySet:
    """Readers due at `now` without an open digest, a taste or a library, of those with these `numbers`.

    The exceptions are asked for by number, too, and not reader by reader: on a table without statistics
    PostgreSQL would read all open digests again for each.
    """
    of_these = {"subscriber__pk__range": numbers}
    due = Subscriber.objects.due(now).filter(pk__range=numbers)
    with_open = Delivery.objects.filter(IS_OPEN, **of_these).order_by().values("subscriber")
    with_library = SavedPaper.objects.filter(**of_these).with_library()
    due = due.exclude(pk__in=with_open).exclude(pk__in=Vote.objects.filter(**of_these).with_taste())
    return due.exclude(pk__in=with_library)


def plan_together(planning: Planning) -> Iterator[Counter[str]]:
    """Plan the readers who share, chunk by chunk; yields how many deliveries of each came to which state."""
    due = Subscriber.objects.due(planning.now).order_by().values_list("covered", "returning")
    for covered, returning in due.distinct():
        yield from _Window(planning, covered, returning).plan()


@dataclass(frozen=True, slots=True)
class _Share:
    """What the readers of a group get: a selection, why it is skipped if it is empty, what in it crossed."""

    selection: int
    reason: str
    crossed: frozenset[int]


class _Window:
    """The due readers whose last digest ended at the same release: they choose among the same papers."""

    def __init__(self, planning: Planning, covered: int | None, returning: bool) -> None:
        self._planning = planning
        self._alike = Q(covered=covered, returning=returning)  # None: IS NULL
        self._due = Subscriber.objects.due(planning.now).filter(self._alike).order_by("pk")
        self._filters, self._selector = Filters(), Selector()
        self._shares: dict[Group, _Share] = {}

    def plan(self) -> Iterator[Counter[str]]:
        last = 0
        while True:
            numbers = self._due.filter(pk__gt=last).values_list("pk", flat=True)
            if (first := numbers.first()) is None:
                return
            span = numbers.filter(pk__lt=first + SPAN)
            last = next(iter(span[CHUNK - 1 : CHUNK]), None) or span.last() or first
            readers = sharing(self._planning.now, (first, last)).filter(self._alike)
            yield self._plan_chunk(readers.order_by())

    def _plan_chunk(self, readers: SubscriberQuerySet) -> Counter[str]:
        self._share({Group(*values) for values in readers.values_list(*Group._fields).distinct()})
        if not self._shares:
            return Counter()
        run = self._planning.run
        with transaction.atomic(), connection.cursor() as cursor:
            unlocked = readers.order_by("pk").select_for_update(skip_locked=True)
            mine = list(unlocked.values_list("pk", flat=True))
            self._drop_deleted()
            exceptions = self._received_before(readers) if self._crossed else frozenset()
            planned = _insert(cursor, [pk for pk in mine if pk not in exceptions], self._shares, run)
            _advance(cursor, [pk for pk, _ in planned], self._planning)
        return Counter(state for _, state in planned)

    def _share(self, groups: set[Group]) -> None:
        """Know what each of `groups` gets, and forget the others: popular ones are in every chunk."""
        shares = {group: share for group, share in self._shares.items() if group in groups}
        new = list(groups - shares.keys())
        for first in range(0, len(new), REQUESTS):
            batch = new[first : first + REQUESTS]
            self._filters.load({group.filter_set_id for group in batch})
            requests = {
                group: request_for(group, self._planning.through_release, self._filters) for group in batch
            }
            selections = self._selector.select(set(requests.values()))
            for group, request in requests.items():
                selection = selections[request]
                reason = why_empty(selection) if selection.is_empty else ""
                shares[group] = _Share(selection.pk, reason, frozenset(selection.crossed))
        self._shares = shares

    def _drop_deleted(self) -> None:
        """Keep the selections as they are; shares whose own was deleted meanwhile leave their readers due."""
        there = kept({share.selection for share in self._shares.values()})
        self._shares = {group: share for group, share in self._shares.items() if share.selection in there}

    @property
    def _crossed(self) -> frozenset[int]:
        """The papers that some share holds because a filter crossed."""
        return frozenset().union(*(share.crossed for share in self._shares.values()))

    def _received_before(self, readers: SubscriberQuerySet) -> frozenset[int]:
        """Readers who got, by another filter, a paper that is in their share because a filter crossed."""
        members = {
            pk: share.crossed
            for pk, *values in readers.values_list("pk", *Group._fields)
            if (share := self._shares.get(Group(*values))) and share.crossed
        }
        before = received(members, self._crossed)
        return frozenset(pk for pk, papers in before.items() if papers & members[pk])


_SHARES = {
    "filter_set": "bigint",
    "language": "varchar(10)",
    "volume": "integer",
    "rhythm": "varchar(10)",
    "selection": "bigint",
    "reason": "varchar(500)",
}
_TIMES = {"time_zone": "varchar(64)", "hour": "integer", "rhythm": "varchar(10)", "weekday": "integer"}
_SAME_GROUP = """
    reader.filter_set_id = share.filter_set AND reader.language = share.language
    AND COALESCE(reader.volume, 0) = share.volume AND reader.rhythm = share.rhythm"""
_SAME_SCHEDULE = """
    reader.time_zone = times.time_zone AND reader.hour = times.hour
    AND reader.rhythm = times.rhythm AND reader.weekday = times.weekday"""
_Shares = Mapping[Group, _Share]
_Times = Mapping[Schedule, datetime]


def _shares(shares: _Shares) -> str:
    """The rows of `_SHARES`, as JSON; there is no cap of 0."""
    return json.dumps(
        [
            (g.filter_set_id, g.language, g.volume or 0, g.rhythm, share.selection, share.reason)
            for g, share in shares.items()
        ]
    )


def _times(times: _Times) -> str:
    """The rows of the table of times, as JSON."""
    moments = {s: str(connection.ops.adapt_datetimefield_value(moment)) for s, moment in times.items()}
    return json.dumps([(s.time_zone, s.hour, s.rhythm, s.weekday, m) for s, m in moments.items()])


def _insert(
    cursor: CursorWrapper, readers: Sequence[int], shares: _Shares, run: Run
) -> list[tuple[int, str]]:
    """Write the deliveries of those of `readers` who still are in one of these groups: reader and state.

    Whose moment had its digest already (the clock, or the schedule, went back) is left to a closer look.
    Readers stand before shares, so that SQLite looks up the share of a reader and not the other way round.
    Those with the same selection get neighbouring numbers: a sender composes it once.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    cursor.execute(
        f"""
        WITH {bulk_sql.table("share", _SHARES)}
        INSERT INTO subscriptions_delivery (
            subscriber_id, kind, due_at, selection_id, run_id, state, reason, settled_at,
            priority, attempts, not_before, worker, created_at
        )
        SELECT reader.id, %s, reader.next_digest_at, share.selection, %s,
            CASE WHEN share.reason = '' THEN %s ELSE %s END, share.reason,
            CASE WHEN share.reason = '' THEN NULL ELSE %s END,
            1, 0, %s, '', %s
        FROM subscriptions_subscriber AS reader CROSS JOIN share
        WHERE {_SAME_GROUP} AND reader.id {bulk_sql.one_of()}
        ORDER BY share.selection, reader.id
        ON CONFLICT (subscriber_id, kind, due_at) DO NOTHING
        RETURNING subscriber_id, state
        """,  # noqa: S608 - of our own names
        [
            _shares(shares),
            *(Delivery.DIGEST, run.pk, State.PENDING.value, State.SKIPPED.value, now, now, now),
            bulk_sql.numbers(readers),
        ],
    )
    planned: list[tuple[int, str]] = cursor.fetchall()
    return planned


def _advance(cursor: CursorWrapper, readers: Sequence[int], planning: Planning) -> None:
    """Note what each reader's digests now cover and when the next is due, computed once per schedule."""
    schedules = "SELECT DISTINCT time_zone, hour, rhythm, weekday FROM subscriptions_subscriber"
    cursor.execute(f"{schedules} WHERE id {bulk_sql.one_of()}", [bulk_sql.numbers(readers)])
    times = {
        Schedule(*stored): due_at(Schedule.stored(*stored), planning.now) for stored in cursor.fetchall()
    }
    cursor.execute(
        f"""
        WITH {bulk_sql.table("times", _TIMES | {"next": bulk_sql.moment_type()})}
        UPDATE subscriptions_subscriber AS reader
        SET covered = %s, "returning" = %s, next_digest_at = times.next
        FROM times
        WHERE {_SAME_SCHEDULE} AND reader.id {bulk_sql.one_of()}
        """,  # noqa: S608 - of our own names
        [_times(times), planning.through_release or None, False, bulk_sql.numbers(readers)],
    )
