"""Claiming: leases waiting deliveries, a batch at a time, most urgent first, as plain values."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from subscriptions.lib import bulk_sql
from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox import leases
from subscriptions.outbox.journal import machine
from subscriptions.outbox.rate_limit import Allowance
from subscriptions.outbox.transitions import HALTED, WANTED

BATCH = 50  # rows of a batch without a journal
FEWEST, MOST = 8, 2000  # and with one, where a batch is what the relay takes in BATCH_SECONDS
BATCH_SECONDS = 0.5
RESCAN_AFTER = 1.0  # seconds after which claims begin at the most urgent again


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a mail needs of its reader."""

    pk: int
    email: str
    new_email: str
    format: str
    link_version: int


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that is leased to a worker."""

    subscriber: Recipient
    pk: int
    kind: str
    due_at: datetime
    selection_id: int | None
    attempts: int
    priority: int
    not_before: datetime
    run_id: int | None = None
    checked_at: float = (
        0.0  # when the database was last asked whether its mail may go; 0: it said no, or nothing
    )


FIRST = (0, datetime.min.replace(tzinfo=UTC), 0)
# `Delivery.objects.waiting`, in the order of the index of what waits.
WAITING = f"""
SELECT d.id, d.kind, d.due_at, d.selection_id, d.attempts, d.priority, d.not_before, d.run_id,
    d.kind || ' ' || s.state IN ({WANTED}),
    s.id, s.email, s.new_email, s.format, s.link_version
FROM subscriptions_delivery AS d JOIN subscriptions_subscriber AS s ON s.id = d.subscriber_id
WHERE d.state IN ('pending', 'deferred') AND d.not_before <= %s
    AND (d.priority, d.not_before, d.id) > (%s, %s, %s)
    AND (d.run_id IS NULL OR d.run_id NOT IN ({HALTED}))
ORDER BY d.priority, d.not_before, d.id
LIMIT %s
"""  # noqa: S608 - of our own words
_LEASE = "UPDATE subscriptions_delivery SET state = %(state)s, worker = %(worker)s, leased_until = {end}"


def claim(
    limit: int, worker: str, now: datetime, after: Leased | None = None, *, handing: bool = False
) -> Sequence[Leased]:
    """Lease up to `limit` waiting rows to `worker`, most urgent first; those leased to others are left alone.

    With `after`, the last row claimed, only what follows it: the database need not skip what was sent since.
    With `handing` the hand-over of all of them begins in the same commit, by a worker that keeps a journal.
    """
    moment = connection.ops.adapt_datetimefield_value
    priority, not_before, pk = (after.priority, after.not_before, after.pk) if after else FIRST
    waiting = WAITING
    asked_at = machine.since_boot() if handing else 0.0
    with transaction.atomic():
        if connection.vendor == "postgresql":
            waiting += "FOR UPDATE OF d SKIP LOCKED"
            _forbid_sort()
        found = bulk_sql.rows(waiting, [moment(now), priority, moment(not_before), pk, limit])
        if found:
            lease = (
                f"{_LEASE.format(end=leases.end_sql())} WHERE id {bulk_sql.one_of('%(rows)s')} RETURNING id"
            )
            state = Delivery.State.HANDING if handing else Delivery.State.LEASED
            rows = bulk_sql.numbers([row[0] for row in found])
            bulk_sql.rows(
                lease, {"state": state.value, "worker": worker, "rows": rows, **leases.parameters()}
            )
    return [_leased(row, asked_at) for row in found]


def _forbid_sort() -> None:
    """Have PostgreSQL read rows in the order of the index until the transaction ends.

    Planner statistics are stale: they say that hardly anything waits, so for each batch PostgreSQL would
    read and sort all that does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort TO off")


def _leased(row: Sequence[Any], asked_at: float) -> Leased:
    pk, kind, due_at, selection, attempts, priority, not_before, run, wanted, *reader = row
    if due_at.tzinfo is None:  # SQLite stores no time zones
        due_at, not_before = due_at.replace(tzinfo=UTC), not_before.replace(tzinfo=UTC)
    checked_at = asked_at if wanted else 0.0
    return Leased(
        Recipient(*reader), pk, kind, due_at, selection, attempts, priority, not_before, run, checked_at
    )


class Claims:
    """The deliveries that one worker claims, batch after batch, within `limit` rows and the `allowance`.

    `handing`: it keeps a journal. `on_batch` is called with each batch. If mail waits and no relay takes any,
    `closed_until` says until when.
    """

    def __init__(
        self,
        worker: str,
        limit: int | None,
        on_batch: Callable[[Sequence[Leased]], None],
        allowance: Allowance,
        *,
        handing: bool = False,
    ) -> None:
        self._worker = worker
        self._limit = limit
        self._on_batch = on_batch
        self._handing = handing
        self._leased: deque[Leased] = deque()
        self._last: Leased | None = None
        self._rescan_at = 0.0
        self._batch, self._batch_at = 0, 0.0
        self._allowance, self._tokens, self._allowed_at = allowance, 0, 0.0
        self.closed_until: datetime | None = None

    @property
    def rate_delay(self) -> float:
        """Seconds until EMAIL_RATE permits the next mail; 0 if the rate is not what delays it."""
        return max(self._allowed_at - time.monotonic(), 0.001) if self._allowed_at else 0.0

    @property
    def buffered(self) -> bool:
        """Whether `take` needs no query."""
        return bool(self._leased)

    def take(self) -> Leased | None:
        """The next delivery, or None if there is none for now."""
        if not self._leased:
            batch = self._next_batch() if self._handing else BATCH
            limit = batch if self._limit is None else min(batch, self._limit)
            if limit and (allowed := self._allowed(limit)):
                self._claim(min(limit, allowed))
        return self._leased.popleft() if self._leased else None

    def _next_batch(self) -> int:
        """By the pace at which the last batch was used up; twice as many at most."""
        if not self._batch:
            return FEWEST
        pace = self._batch / max(time.monotonic() - self._batch_at, 0.001)
        return max(FEWEST, min(2 * self._batch, int(pace * BATCH_SECONDS), MOST))

    def _claim(self, limit: int) -> None:
        if time.monotonic() >= self._rescan_at:
            self._last, self._rescan_at = None, time.monotonic() + RESCAN_AFTER
        rows = claim(limit, self._worker, timezone.now(), self._last, handing=self._handing)
        if not rows and self._last is not None:
            rows = claim(limit, self._worker, timezone.now(), handing=self._handing)
        self._leased.extend(rows)
        self._batch, self._batch_at = len(rows), time.monotonic()
        self._tokens -= len(rows)
        if self._limit is not None:
            self._limit -= len(rows)
        if rows:
            self._last = rows[-1]
            reach("claimed")
            self._on_batch(rows)

    def _allowed(self, mails: int) -> int:
        """How many of these mails the rate permits now."""
        if self._tokens == 0 and time.monotonic() >= self._allowed_at:
            taken = self._allowance.take(mails)
            self._tokens, self._allowed_at = taken.mails, 0.0
            if not taken.mails and Delivery.objects.waiting(timezone.now()).exists():
                self._allowed_at = time.monotonic() + taken.wait if taken.wait else 0.0
                self.closed_until = taken.until
        return self._tokens
