"""Plan together: readers who share all that counts, by set operations in the database.

due readers → groups → wishes → selections (each once) → INSERT … SELECT of deliveries → next due times

No reader becomes an object here. Selections are made outside of any transaction; a short one then locks the
readers of a chunk, writes their deliveries and moves them on. Who needs a closer look, or changed in between,
stays due and is left to `plan`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef
from django.utils import timezone

from digest.select import select
from subscriptions.models import Delivery, Run, Subscriber, Vote
from subscriptions.models.delivery import OPEN
from subscriptions.models.subscriber import SubscriberQuerySet
from subscriptions.runs import Planning
from subscriptions.schedule import Rhythm, Schedule, due_at
from subscriptions.wishes import Filters, Group, brought, why_empty, wish_of

CHUNK = 10_000
Kind, State = Delivery.Kind, Delivery.State
_SCHEDULE = ("time_zone", "hour", "rhythm", "weekday")


def sharing(now: datetime) -> SubscriberQuerySet:
    """Readers due at `now` without exceptions: no open digest, none of this moment yet, no taste."""
    digests = Delivery.objects.filter(kind=Kind.DIGEST, subscriber=OuterRef("pk"))
    clashes = digests.filter(due_at=OuterRef("next_digest_at"))
    due = Subscriber.objects.due(now).filter(~Exists(digests.filter(OPEN)), ~Exists(clashes))
    return due.exclude(pk__in=Vote.objects.with_taste())


def plan_together(planning: Planning) -> Iterator[Counter[str]]:
    """Plan the readers who share, chunk by chunk; yields how many deliveries of each came to which state."""
    filters = Filters()
    last = 0
    while True:
        due = Subscriber.objects.due(planning.now).filter(pk__gt=last).order_by("pk")
        numbers = due.values_list("pk", flat=True)
        end = next(iter(numbers[CHUNK - 1 : CHUNK]), None) or numbers.last()
        if end is None:
            return
        readers = sharing(planning.now).filter(pk__gt=last, pk__lte=end)
        last = end
        yield _plan_chunk(readers, planning, filters)


def _plan_chunk(readers: SubscriberQuerySet, planning: Planning, filters: Filters) -> Counter[str]:
    wanted, exceptions = _wanted(readers, planning.until, filters)
    if not wanted:
        return Counter()
    run = planning.run
    schedules = readers.order_by().values_list(*_SCHEDULE).distinct()
    times = [
        (
            zone,
            hour,
            rhythm,
            weekday,
            _moment(due_at(Schedule(zone, hour, Rhythm(rhythm), weekday), planning.now)),
        )
        for zone, hour, rhythm, weekday in schedules
    ]
    with transaction.atomic(), connection.cursor() as cursor:
        found = readers.exclude(pk__in=exceptions).order_by("pk").select_for_update(skip_locked=True)
        planned = _insert(cursor, found, wanted, times, run)
        _advance(cursor, [pk for pk, _ in planned], times, planning.until)
    return Counter(state for _, state in planned)


def _wanted(
    readers: SubscriberQuerySet, until: int, filters: Filters
) -> tuple[list[tuple[Any, ...]], list[int]]:
    """For each group its selection, and why that is skipped if it is empty; and the readers who cannot share.

    A selection may hold papers that were out before and match only now: who had one of them in a digest,
    by another filter, must not get it again.
    """
    groups = {Group(*values) for values in readers.order_by().values_list(*Group._fields).distinct()}
    filters.load({group.filter_set_id for group in groups})
    wishes = {group: wish_of(group, until, filters) for group in groups}
    selections = select(set(wishes.values()))
    crossed = {group: set(found) for group in groups if (found := selections[wishes[group]].crossed)}
    wanted = [
        (*_plain(group), selection.pk, why_empty(selection) if selection.is_empty else "")
        for group in groups
        for selection in [selections[wishes[group]]]
    ]
    return wanted, list(_had_before(readers, crossed)) if crossed else []


def _had_before(readers: SubscriberQuerySet, crossed: Mapping[Group, set[int]]) -> Iterator[int]:
    """The readers who had one of the papers that their group's selection would bring as crossed."""
    members = {
        pk: crossed[group]
        for pk, *values in readers.order_by().values_list("pk", *Group._fields)
        if (group := Group(*values)) in crossed
    }
    had = brought(members, set().union(*crossed.values()))
    return (pk for pk, papers in had.items() if papers & members[pk])


_Rows = Sequence[tuple[Any, ...]]
_WANTED = {
    "filter_set": "bigint",
    "covered": "bigint",
    "returned": "boolean",
    "language": "varchar(10)",
    "volume": "integer",
    "selection": "bigint",
    "reason": "varchar(500)",
}
_SAME_GROUP = """
    due.filter_set_id = wanted.filter_set AND COALESCE(due.covered, 0) = wanted.covered
    AND due."returning" = wanted.returned AND due.language = wanted.language
    AND COALESCE(due.volume, 0) = wanted.volume"""
_SAME_SCHEDULE = """
    {0}.time_zone = times.time_zone AND {0}.hour = times.hour
    AND {0}.rhythm = times.rhythm AND {0}.weekday = times.weekday"""


def _plain(group: Group) -> tuple[Any, ...]:
    """The group as `_SAME_GROUP` compares it: there is no release 0 and no cap of 0."""
    return group._replace(covered=group.covered or 0, volume=group.volume or 0)


def _times() -> dict[str, str]:
    moment = "timestamptz" if connection.vendor == "postgresql" else "text"
    return {
        "time_zone": "varchar(64)",
        "hour": "integer",
        "rhythm": "varchar(10)",
        "weekday": "integer",
        "next": moment,
    }


def _table(name: str, columns: Mapping[str, str]) -> str:
    """A table in front of a statement, whose rows come as one parameter: a JSON array of arrays."""
    if connection.vendor == "postgresql":
        rows, cell = "jsonb_array_elements(%s::jsonb)", "item.value ->> {}"
    else:
        rows, cell = "json_each(%s)", "json_extract(item.value, '$[{}]')"
    cells = ", ".join(
        f"CAST({cell.format(number)} AS {kind}) AS {column}"
        for number, (column, kind) in enumerate(columns.items())
    )
    return f"{name} AS MATERIALIZED (SELECT {cells} FROM {rows} AS item)"  # noqa: S608 - of our own names


def _moment(value: datetime) -> str:
    """A moment as `_times` has it."""
    return str(connection.ops.adapt_datetimefield_value(value))


def _insert(
    cursor: CursorWrapper, readers: SubscriberQuerySet, wanted: _Rows, times: _Rows, run: Run
) -> list[tuple[int, str]]:
    """Lock those of `readers` whom nobody else plans and write their deliveries: reader and state of each."""
    due, due_parameters = readers.values(
        "id", "next_digest_at", *Group._fields, *_SCHEDULE
    ).query.sql_with_params()
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    cursor.execute(
        f"""
        WITH {_table("wanted", _WANTED)}, {_table("times", _times())}, due AS MATERIALIZED ({due})
        INSERT INTO subscriptions_delivery (
            subscriber_id, kind, due_at, selection_id, run_id, state, reason, settled_at,
            priority, attempts, not_before, worker, created_at
        )
        SELECT due.id, %s, due.next_digest_at, wanted.selection, %s,
            CASE WHEN wanted.reason = '' THEN %s ELSE %s END, wanted.reason,
            CASE WHEN wanted.reason = '' THEN NULL ELSE %s END,
            1, 0, %s, '', %s
        FROM due JOIN wanted ON {_SAME_GROUP} JOIN times ON {_SAME_SCHEDULE.format("due")}
        RETURNING subscriber_id, state
        """,  # noqa: S608 - of our own names
        [
            *(json.dumps(wanted), json.dumps(times), *due_parameters),
            *(Kind.DIGEST.value, run.pk, State.PENDING.value, State.SKIPPED.value, now, now, now),
        ],
    )
    planned: list[tuple[int, str]] = cursor.fetchall()
    return planned


def _advance(cursor: CursorWrapper, readers: Sequence[int], times: _Rows, until: int) -> None:
    """Note what each reader's digests now cover and when the next is due."""
    cursor.execute(
        f"""
        WITH {_table("times", _times())}, {_table("planned", {"id": "bigint"})}
        UPDATE subscriptions_subscriber
        SET covered = %s, "returning" = %s, next_digest_at = times.next
        FROM times
        WHERE {_SAME_SCHEDULE.format("subscriptions_subscriber")}
            AND subscriptions_subscriber.id IN (SELECT id FROM planned)
        """,  # noqa: S608 - of our own names
        [json.dumps(times), json.dumps([[pk] for pk in readers]), until or None, False],
    )
