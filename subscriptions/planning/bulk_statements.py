"""The statements of bulk planning: the deliveries of many readers who share, and when the next are due."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from subscriptions.lib import bulk_sql
from subscriptions.models import Delivery, Run
from subscriptions.models.schedule import Schedule, due_at
from subscriptions.planning.runs import Planning
from subscriptions.planning.selection_requests import Group

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Share:
    """What the readers of a group get: a selection, why it is skipped if it is empty, what in it crossed."""

    selection: int
    reason: str
    crossed: frozenset[int]


_SHARES = {
    "filter_set": "bigint",
    "language": "varchar(10)",
    "volume": "integer",
    "rhythm": "varchar(10)",
    "selection": "bigint",
    "reason": "varchar(500)",
}
_SHARE_OF_READER = {"reader": "bigint", "selection": "bigint", "reason": "varchar(500)"}
_TIMES = {"time_zone": "varchar(64)", "hour": "integer", "rhythm": "varchar(10)", "weekday": "integer"}
_SAME_GROUP = """
    reader.filter_set_id = share.filter_set AND reader.language = share.language
    AND COALESCE(reader.volume, 0) = share.volume AND reader.rhythm = share.rhythm"""
_SAME_SCHEDULE = """
    reader.time_zone = times.time_zone AND reader.hour = times.hour
    AND reader.rhythm = times.rhythm AND reader.weekday = times.weekday"""
_Shares = Mapping[Group, Share]
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


def insert_deliveries(
    cursor: CursorWrapper, readers: Sequence[int], shares: _Shares, run: Run
) -> list[tuple[int, str]]:
    """Write the deliveries of those of `readers` who still are in one of these groups: reader and state.

    Readers stand before shares, so that SQLite looks up the share of a reader and not the other way round.
    """
    source = f"""
        subscriptions_subscriber AS reader CROSS JOIN share
        WHERE {_SAME_GROUP} AND reader.id {bulk_sql.one_of()}"""
    table = bulk_sql.table("share", _SHARES)
    return _insert(cursor, table, source, (_shares(shares), bulk_sql.numbers(readers)), run)


def insert_deliveries_of(
    cursor: CursorWrapper, shares: Mapping[int, Share], run: Run
) -> list[tuple[int, str]]:
    """Write a delivery for each of these readers, whose rows are locked: reader and state."""
    rows = json.dumps([(reader, share.selection, share.reason) for reader, share in shares.items()])
    source = "share CROSS JOIN subscriptions_subscriber AS reader WHERE reader.id = share.reader"
    return _insert(cursor, bulk_sql.table("share", _SHARE_OF_READER), source, (rows,), run)


def _insert(
    cursor: CursorWrapper, table: str, source: str, parameters: tuple[str, ...], run: Run
) -> list[tuple[int, str]]:
    """Write the deliveries of `source`, which reads `table`, the first of its `parameters`.

    Whose moment had its digest already (the clock, or the schedule, went back) is left to a closer look.
    Those with the same selection get neighbouring numbers: a sender composes it once.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    rows, *condition = parameters
    cursor.execute(
        f"""
        WITH {table}
        INSERT INTO subscriptions_delivery (
            subscriber_id, kind, due_at, selection_id, run_id, state, reason, settled_at,
            priority, attempts, not_before, worker, created_at
        )
        SELECT reader.id, %s, reader.next_digest_at, share.selection, %s,
            CASE WHEN share.reason = '' THEN %s ELSE %s END, share.reason,
            CASE WHEN share.reason = '' THEN NULL ELSE %s END,
            1, 0, %s, '', %s
        FROM {source}
        ORDER BY share.selection, reader.id
        ON CONFLICT (subscriber_id, kind, due_at) DO NOTHING
        RETURNING subscriber_id, state
        """,  # noqa: S608 - of our own names
        [
            rows,
            *(Delivery.DIGEST, run.pk, State.PENDING.value, State.SKIPPED.value, now, now, now),
            *condition,
        ],
    )
    planned: list[tuple[int, str]] = cursor.fetchall()
    return planned


def advance(cursor: CursorWrapper, readers: Sequence[int], planning: Planning) -> None:
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
