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
from subscriptions.outbox.rate_limit import Allowance
from subscriptions.outbox.transitions import lease_time

BATCH = 50
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


FIRST = (0, datetime.min.replace(tzinfo=UTC), 0)
# `Delivery.objects.waiting`, in the order of the index of what waits.
WAITING = """
SELECT d.id, d.kind, d.due_at, d.selection_id, d.attempts, d.priority, d.not_before, d.run_id,
    s.id, s.email, s.new_email, s.format, s.link_version
FROM subscriptions_delivery AS d JOIN subscriptions_subscriber AS s ON s.id = d.subscriber_id
WHERE d.state IN ('pending', 'deferred') AND d.not_before <= %s
    AND (d.priority, d.not_before, d.id) > (%s, %s, %s)
    AND (d.run_id IS NULL OR d.run_id NOT IN (
        SELECT id FROM subscriptions_run WHERE state = 'stopped' OR (state = 'paused' AND resumes_at IS NULL)
    ))
ORDER BY d.priority, d.not_before, d.id
LIMIT %s
"""
_LEASE = "UPDATE subscriptions_delivery SET state = 'leased', worker = %s, leased_until = %s"


def claim(limit: int, worker: str, now: datetime, after: Leased | None = None) -> Sequence[Leased]:
    """Lease up to `limit` waiting rows to `worker`, most urgent first; those leased to others are left alone.

    With `after`, the last row claimed, only what follows it: the database need not skip what was sent since.
    """
    moment = connection.ops.adapt_datetimefield_value
    priority, not_before, pk = (after.priority, after.not_before, after.pk) if after else FIRST
    waiting = WAITING
    with transaction.atomic():
        if connection.vendor == "postgresql":
            waiting += "FOR UPDATE OF d SKIP LOCKED"
            _forbid_sort()
        found = bulk_sql.rows(waiting, [moment(now), priority, moment(not_before), pk, limit])
        if found:
            numbers = bulk_sql.numbers([row[0] for row in found])
            lease = f"{_LEASE} WHERE id {bulk_sql.one_of()} RETURNING id"
            bulk_sql.rows(lease, [worker, moment(now + lease_time()), numbers])
    return [_leased(row) for row in found]


def _forbid_sort() -> None:
    """Have PostgreSQL read rows in the order of the index until the transaction ends.

    Planner statistics are stale: they say that hardly anything waits, so for each batch PostgreSQL would
    read and sort all that does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort TO off")


def _leased(row: Sequence[Any]) -> Leased:
    pk, kind, due_at, selection, attempts, priority, not_before, run, *reader = row
    if due_at.tzinfo is None:  # SQLite stores no time zones
        due_at, not_before = due_at.replace(tzinfo=UTC), not_before.replace(tzinfo=UTC)
    return Leased(Recipient(*reader), pk, kind, due_at, selection, attempts, priority, not_before, run)


class Claims:
    """The deliveries that one worker claims, batch after batch, within `limit` rows and the `allowance`.

    `on_batch` is called with each batch. `closed_until`: mail waits, and no relay takes any before.
    """

    def __init__(
        self,
        worker: str,
        limit: int | None,
        on_batch: Callable[[Sequence[Leased]], None],
        allowance: Allowance,
    ) -> None:
        self._worker = worker
        self._limit = limit
        self._on_batch = on_batch
        self._leased: deque[Leased] = deque()
        self._last: Leased | None = None
        self._rescan_at = 0.0
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
            limit = BATCH if self._limit is None else min(BATCH, self._limit)
            if limit and (allowed := self._allowed(limit)):
                self._claim(min(limit, allowed))
        return self._leased.popleft() if self._leased else None

    def _claim(self, limit: int) -> None:
        if time.monotonic() >= self._rescan_at:
            self._last, self._rescan_at = None, time.monotonic() + RESCAN_AFTER
        rows = claim(limit, self._worker, timezone.now(), self._last)
        if not rows and self._last is not None:
            rows = claim(limit, self._worker, timezone.now())
        self._leased.extend(rows)
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
