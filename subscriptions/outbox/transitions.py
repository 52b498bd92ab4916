"""The ledger: every step of a delivery is written here, fenced by the name of the worker that has it.

A worker whose lease was taken over can neither begin a hand-over nor record one.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from subscriptions.accounts import unsubscribing
from subscriptions.lib import async_query, bulk_sql
from subscriptions.lib.async_query import Done, UnderWay
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule, due_at
from subscriptions.planning import runs

Kind, State = Delivery.Kind, Delivery.State
HOLD = timedelta(minutes=1)
LONGEST_BACKOFF = timedelta(hours=4)
DEADLY = 3  # senders that died with a row in their hands: then it may be the row
DEADLY_HOLD = timedelta(hours=1)
_GRAVE = frozenset({State.REFUSED, State.UNKNOWN})  # from which more follows


@dataclass(frozen=True, slots=True)
class Move:
    """One row's step to the state `to`; with `later`, not before that moment. `tried` counts an attempt.

    A refusal needs `email`, the reader's address then: if they have another by now, it is not about them.
    """

    pk: int
    to: Delivery.State
    reason: str = ""
    later: datetime | None = None
    tried: bool = False
    email: str = ""


def wanted_by(kind: Delivery.Kind) -> tuple[Subscriber.State, ...]:
    """The states of a reader in which this letter goes out."""
    states = Subscriber.State
    match kind:
        case Kind.CONFIRM:
            return (states.PENDING,)
        case Kind.GOODBYE:
            return (states.UNSUBSCRIBED,)
        case Kind.DIGEST | Kind.WELCOME:
            return (states.ACTIVE,)
        case Kind.KNOWN:
            return (states.ACTIVE, states.PAUSED)
        case _:  # the reader asked for it, and may have left
            return (states.PENDING, states.ACTIVE, states.PAUSED, states.UNSUBSCRIBED)


# One statement for any number of steps, on both databases: a commit costs more than all rows of a round.
# CASE, and `few`: else PostgreSQL looks for the rows in the index of those in hand, where all before left
# traces, or, since it expects hundreds, in the whole table.
_MOVE = """
WITH {moves}
UPDATE subscriptions_delivery AS d SET
    state = m.state,
    reason = m.reason,
    attempts = d.attempts + m.tried,
    not_before = CASE WHEN m.state = 'deferred' THEN m.later ELSE d.not_before END,
    settled_at = CASE WHEN m.state IN ('handing', 'pending', 'deferred') THEN NULL
        ELSE CAST(%s AS {moment}) END,
    worker = CASE WHEN m.state = 'handing' THEN d.worker ELSE '' END,
    leased_until = CASE WHEN m.state = 'handing' THEN CAST(%s AS {moment}) ELSE NULL END
FROM m
WHERE d.id = m.pk {few} AND d.worker = %s AND CASE WHEN m.state = 'handing'
    THEN d.state = 'leased' AND d.leased_until > CAST(%s AS {moment}) AND EXISTS (
        SELECT 1 FROM subscriptions_subscriber AS s
        WHERE s.id = d.subscriber_id AND d.kind || ' ' || s.state IN ({wanted})
    )
    ELSE d.state IN ('leased', 'handing') END
RETURNING id
"""
_STEP = {"pk": "bigint", "state": "varchar(10)", "reason": "varchar(500)", "tried": "integer"}


@cache
def _statement(_vendor: str) -> str:
    wanted = ", ".join(f"'{kind} {state}'" for kind in Kind for state in wanted_by(kind))
    moment = bulk_sql.moment_type()
    moves = bulk_sql.table("m", _STEP | {"later": moment})
    few = "AND d.id = ANY (ARRAY(SELECT pk FROM m))" if connection.vendor == "postgresql" else ""
    return _MOVE.format(moves=moves, wanted=wanted, moment=moment, few=few)


def write(worker: str, moves: Sequence[Move], now: datetime) -> set[int]:
    """Commit these steps of rows that `worker` has in hand; which of them were made.

    `handing` begins only for a row whose lease still runs and whose reader still wants it. What
    follows for a reader from an outcome is written with it.
    """
    return begin(worker, moves, now).numbers()


def begin(worker: str, moves: Sequence[Move], now: datetime) -> UnderWay:
    """`write`, begun: the database may still be at it, and must not be asked for anything else meanwhile."""
    grave = {move.pk: move for move in moves if move.to in _GRAVE}
    if not grave:
        return _move(worker, moves, now)
    with transaction.atomic():
        moved = _move(worker, moves, now).numbers()
        for delivery in Delivery.objects.filter(pk__in=moved.intersection(grave)).select_related(
            "subscriber"
        ):
            if delivery.state == State.REFUSED and delivery.kind != Kind.ADDRESS:
                unsubscribing.refuse(delivery.subscriber_id, grave[delivery.pk].email, now)
            elif delivery.state == State.UNKNOWN and delivery.kind == Kind.DIGEST:
                _bring_forward(delivery, now)
    return Done(moved)


def _move(worker: str, moves: Sequence[Move], now: datetime) -> UnderWay:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks for it at each word
    written = database.ops.adapt_datetimefield_value
    at, until = str(written(now)), str(written(now + lease_time()))
    steps = [
        (
            move.pk,
            move.to,
            _storable(move.reason),
            int(move.tried),
            str(written(move.later)) if move.later else at,
        )
        for move in moves
    ]
    return async_query.begin(_statement(database.vendor), [json.dumps(steps), at, until, worker, at])


def _storable(text: str) -> str:
    """What a mail server said, as every database takes it."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:500]


def lease_time() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_BACKOFF)


def renew(worker: str, now: datetime) -> None:
    """Keep what this worker has in hand, as long as nobody took it over."""
    mine = Delivery.objects.filter(worker=worker, state__in=Delivery.IN_HAND, leased_until__gt=now)
    mine.update(leased_until=now + lease_time())


def release(worker: str) -> None:
    """Give back what this worker leased and did not begin to hand over."""
    Delivery.objects.filter(worker=worker, state=State.LEASED).update(
        state=State.PENDING, worker="", leased_until=None
    )


def hold(reason: str, now: datetime, period: timedelta = HOLD) -> int:
    """Defer everything that waits, and show its runs as paused; how many rows that were."""
    reason = _storable(reason)
    held = Delivery.objects.waiting(now).update(
        state=State.DEFERRED, reason=f"{runs.HELD}{reason}"[:500], not_before=now + period
    )
    runs.hold(reason, now + period)
    return held


def sweep(now: datetime) -> dict[str, int]:
    """Take over what dead senders left: expired leases wait again, expired hand-overs are unknown.

    A row that several senders died with is put aside for a while: it may be what they died of.
    """
    expired = Delivery.objects.filter(leased_until__lt=now)
    leased = expired.filter(state=State.LEASED)
    deadly = leased.filter(attempts__gte=DEADLY - 1).update(
        state=State.DEFERRED,
        reason="its senders died",
        attempts=F("attempts") + 1,
        not_before=now + DEADLY_HOLD,
        worker="",
        leased_until=None,
    )
    waiting = leased.update(state=State.PENDING, attempts=F("attempts") + 1, worker="", leased_until=None)
    handing = expired.filter(state=State.HANDING).values_list("worker", "pk")
    unknown = 0
    for worker, pks in _grouped(handing).items():
        moves = [Move(pk, State.UNKNOWN, "the sender died during the hand-over", tried=True) for pk in pks]
        unknown += len(write(worker, moves, now))
    return {State.PENDING: waiting, State.DEFERRED: deadly, State.UNKNOWN: unknown}


def _grouped(rows: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for worker, pk in rows:
        grouped[worker].append(pk)
    return grouped


def unsettled(due_by: datetime) -> QuerySet[Delivery]:
    """Deliveries due by then that still wait for their first or a due attempt, or are in hand."""
    return Delivery.objects.unsettled(timezone.now()).filter(due_at__lte=due_by)


def _bring_forward(delivery: Delivery, now: datetime) -> None:
    """After an unknown delivery even a weekly reader is due at the next local hour: its papers ride along.

    The moment of the delivery itself is taken, also where it was planned ahead of the clock.
    """
    reader = delivery.subscriber
    after = max(now, delivery.due_at)
    soon = due_at(Schedule(reader.time_zone, reader.hour, Rhythm.DAILY), after)
    Subscriber.objects.filter(pk=reader.pk, state=Subscriber.State.ACTIVE, next_digest_at__gt=soon).update(
        next_digest_at=soon
    )
