"""State transitions of deliveries: each is written only if the worker still holds the delivery's lease.

A worker whose lease was taken over can neither begin a hand-over nor record one (lease fencing).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from subscriptions.accounts import refusals
from subscriptions.accounts.refusals import Refused
from subscriptions.emails.letters import LETTER_OF, LETTERS
from subscriptions.lib import bulk_sql
from subscriptions.models import Delivery, ProviderMessage, Run, Subscriber
from subscriptions.models.schedule import Rhythm, due_at
from subscriptions.outbox import leases
from subscriptions.planning import runs
from subscriptions.planning.progress import HELD
from subscriptions.relay import Cause

State = Delivery.State
LONGEST_BACKOFF = timedelta(hours=4)
MAX_EXPIRED_LEASES = 3  # so many in a row: sending this delivery may be what crashes senders
POISON_DELAY = timedelta(hours=1)
POISON = "its sender crashed repeatedly (poison message?)"
CRASHED = "its sender crashed during the hand-over; whether the relay accepted it is unknown"
# What a row must be for its mail to go: a letter that its reader wants in this state, of a run that goes on.
WANTED = ", ".join(f"'{letter.name} {state}'" for letter in LETTERS for state in letter.wanted_in)
HALTED = (
    "SELECT id FROM subscriptions_run WHERE state = 'stopped' OR (state = 'paused' AND resumes_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Transition:
    """One delivery's step to the state `to`; if deferred, until `not_before`. `attempted` counts an attempt.

    A refusal has a `cause`, and in `email` the reader's address then: if they have another by now, it is not
    about them. A mail that a provider's API took has the id by which the provider knows it.
    """

    pk: int
    to: Delivery.State
    reason: str = ""
    not_before: datetime | None = None
    attempted: bool = False
    email: str = ""
    cause: Cause | None = None
    provider_id: str = ""

    @property
    def changes_more(self) -> bool:
        """Whether something follows for the reader, or is kept beside the delivery."""
        return self.cause is not None or self.to == State.UNKNOWN or bool(self.provider_id)


# One statement for any number of transitions, on both databases: a commit costs more than all its rows.
# CASE and `by_key` make PostgreSQL find the rows by their keys: else it reads the index of leased rows, which
# is full of dead entries, or, since it expects hundreds, the whole table.
_UPDATE = """
WITH {moves}
UPDATE subscriptions_delivery AS d SET
    state = m.state,
    reason = m.reason,
    attempts = d.attempts + m.tried,
    not_before = CASE WHEN m.state = 'deferred' THEN m.later ELSE d.not_before END,
    settled_at = CASE WHEN m.state IN ('handing', 'pending', 'deferred') THEN NULL
        ELSE CAST(%(at)s AS {moment}) END,
    worker = CASE WHEN m.state = 'handing' THEN d.worker ELSE '' END,
    leased_until = CASE WHEN m.state = 'handing' THEN {lease_end} ELSE NULL END
FROM m
WHERE d.id = m.pk {by_key} AND CASE
    WHEN m.state = 'handing' THEN d.worker = %(worker)s AND d.state IN ('leased', 'handing')
        AND d.leased_until > {clock}
        AND EXISTS (
            SELECT 1 FROM subscriptions_subscriber AS s
            WHERE s.id = d.subscriber_id AND d.kind || ' ' || s.state IN ({wanted})
        )
        AND (d.run_id IS NULL OR d.run_id NOT IN ({halted}))
    WHEN m.state = 'accepted' AND d.state = 'unknown' THEN d.carried_by_id IS NULL
    ELSE d.worker = %(worker)s AND d.state IN ('leased', 'handing') END
RETURNING id
"""
_COLUMNS = {"pk": "bigint", "state": "varchar(10)", "reason": "varchar(500)", "tried": "integer"}


@cache
def _statement(_vendor: str) -> str:
    moment = bulk_sql.moment_type()
    moves = bulk_sql.table("m", _COLUMNS | {"later": moment}, "%(rows)s")
    by_key = "AND d.id = ANY (ARRAY(SELECT pk FROM m))" if connection.vendor == "postgresql" else ""
    clock, lease_end = leases.now_sql(), leases.end_sql()
    return _UPDATE.format(
        moves=moves,
        wanted=WANTED,
        halted=HALTED,
        moment=moment,
        by_key=by_key,
        clock=clock,
        lease_end=lease_end,
    )


def write(worker: str, transitions: Sequence[Transition], now: datetime) -> set[int]:
    """Commit these transitions of deliveries leased to `worker`; returns the keys of those that were applied.

    `handing` begins, or goes on, only while the lease lasts, the run goes on and the reader still wants the
    letter. That a mail was accepted also corrects `unknown`, unless its papers were carried over. What
    follows for a reader from an outcome is written with it.
    """
    changing = {transition.pk: transition for transition in transitions if transition.changes_more}
    if not changing:
        return _update(worker, transitions, now)
    with transaction.atomic():
        applied = _update(worker, transitions, now)
        rows = Delivery.objects.filter(pk__in=applied.intersection(changing)).select_related(
            "subscriber", "run"
        )
        refused = []
        for delivery in rows:
            made = changing[delivery.pk]
            if made.provider_id:
                ProviderMessage.objects.note(delivery, _storable(made.provider_id))
            if made.cause is not None and not LETTER_OF[delivery.kind].to_new_address:
                answer = _storable(made.reason)
                refused.append(
                    Refused(delivery.subscriber_id, made.email, delivery.run_id, made.cause, answer)
                )
            elif delivery.state == State.UNKNOWN and delivery.kind == Delivery.DIGEST:
                _bring_forward(delivery, now)
        refusals.record(refused, now)
    return applied


def _update(worker: str, transitions: Sequence[Transition], now: datetime) -> set[int]:
    written = connection.ops.adapt_datetimefield_value
    at = str(written(now))
    rows = [
        (
            transition.pk,
            transition.to,
            _storable(transition.reason),
            int(transition.attempted),
            str(written(transition.not_before)) if transition.not_before else at,
        )
        for transition in transitions
    ]
    parameters = {"rows": json.dumps(rows), "at": at, "worker": worker, **leases.parameters()}
    return {pk for (pk,) in bulk_sql.rows(_statement(connection.vendor), parameters)}


def _storable(text: str) -> str:
    """What a mail server replied, as every database accepts it."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:500]


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_BACKOFF)


def renew(worker: str) -> None:
    """Extend the leases of this worker that have not expired."""
    mine = Delivery.objects.claimed().filter(worker=worker, leased_until__gt=leases.now())
    mine.update(leased_until=leases.now(leases.lease_time()))


def defer_waiting(reason: str, now: datetime, period: timedelta, run: int | None = None) -> int:
    """Defer everything that waits, or that of one `run`, and show its runs as paused.

    Returns how many deliveries that were. The reason is marked, so that resuming a run and the alarms find
    what was deferred because of the relay.
    """
    reason = _storable(reason)
    waiting = Delivery.objects.waiting(now)
    deferred = (waiting if run is None else waiting.filter(run=run)).update(
        state=State.DEFERRED, reason=f"{HELD}{reason}"[:500], not_before=now + period
    )
    runs.hold(reason, now + period, run)
    if run is not None:
        Run.objects.filter(pk=run).update(refusals_from=now)
    return deferred


def reclaim_expired(now: datetime) -> dict[str, int]:
    """End expired leases, whose senders have crashed: `leased` waits again, `handing` becomes `unknown`.

    A sender that keeps a journal has its machine behind the @ of its name: for ten minutes more that machine
    alone settles what it left. A delivery whose lease expired several times is deferred: it may be a poison
    message that crashes senders.
    """
    expired = Delivery.objects.claimed().filter(leased_until__lt=leases.now())
    expired = expired.order_by()  # else SQLite reads all rows
    if not expired.exists():  # asked every 20 seconds, and hardly ever so
        return {State.PENDING: 0, State.DEFERRED: 0, State.UNKNOWN: 0}
    leased = expired.filter(state=State.LEASED)
    poison = leased.filter(attempts__gte=MAX_EXPIRED_LEASES - 1).update(
        state=State.DEFERRED,
        reason=POISON,
        attempts=F("attempts") + 1,
        not_before=now + POISON_DELAY,
        worker="",
        leased_until=None,
    )
    waiting = leased.update(state=State.PENDING, attempts=F("attempts") + 1, worker="", leased_until=None)
    long_ago = Q(leased_until__lt=leases.now(-leases.FOREIGN))
    handing = expired.filter(long_ago | ~Q(worker__contains="@"), state=State.HANDING)
    unknown = 0
    for worker, pks in _grouped(handing.values_list("worker", "pk")).items():
        unknown += len(
            write(worker, [Transition(pk, State.UNKNOWN, CRASHED, attempted=True) for pk in pks], now)
        )
    return {State.PENDING: waiting, State.DEFERRED: poison, State.UNKNOWN: unknown}


def _grouped(rows: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    grouped: dict[str, list[int]] = defaultdict(list)
    for worker, pk in rows:
        grouped[worker].append(pk)
    return grouped


def unfinished(due_by: datetime) -> QuerySet[Delivery]:
    """Deliveries due by then that wait for an attempt which is due, or are leased to a sender."""
    return Delivery.objects.unfinished(timezone.now()).filter(due_at__lte=due_by)


def _bring_forward(delivery: Delivery, now: datetime) -> None:
    """After an unknown delivery even a weekly reader is due at the next local hour, to get its papers again.

    After its own moment and that of its run, if they were planned ahead of the clock: else the next would be
    planned in the same run.
    """
    reader, run = delivery.subscriber, delivery.run
    after = max(now, delivery.due_at, run.moment if run else now)
    soon = due_at(replace(reader.schedule, rhythm=Rhythm.DAILY), after)
    Subscriber.objects.filter(pk=reader.pk, state=Subscriber.State.ACTIVE, next_digest_at__gt=soon).update(
        next_digest_at=soon
    )
