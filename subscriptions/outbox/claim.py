"""Taking up waiting deliveries, a batch at a time: plain values, in the order of their urgency."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.utils import timezone

from subscriptions.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox.ledger import lease_time
from subscriptions.rate import allowance

BATCH = 45  # psycopg keeps statements of at most 50 parameters; others it takes apart each time
LOOK_BACK = 1.0  # seconds after which a worker looks for what became more urgent than where it is
_READER = ("id", "email", "new_email", "format", "link_version")
_DELIVERY = ("pk", "kind", "due_at", "selection_id", "attempts", "priority", "not_before")


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a mail needs to know of its reader."""

    pk: int
    email: str
    new_email: str
    format: str
    link_version: int


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that a worker has in hand."""

    subscriber: Recipient
    pk: int
    kind: Delivery.Kind
    due_at: datetime
    selection_id: int | None
    attempts: int
    priority: int
    not_before: datetime


def claim(limit: int, worker: str, now: datetime, after: Leased | None = None) -> Sequence[Leased]:
    """Lease up to `limit` waiting rows to `worker`, most urgent first; those of others are left alone.

    Behind `after`, the last that was claimed, if it is given: then the database need not pass all that
    were done since.
    """
    waiting = Delivery.objects.waiting(now).order_by("priority", "not_before", "pk")
    if after is not None:
        place = after.priority, after.not_before, after.pk
        waiting = waiting.filter(TupleGreaterThan(Tuple("priority", "not_before", "pk"), place))
    with transaction.atomic():
        free = waiting.select_for_update(skip_locked=True, of=("self",))
        rows = list(free.values_list(*(f"subscriber__{name}" for name in _READER), *_DELIVERY)[:limit])
        Delivery.objects.filter(pk__in=[row[len(_READER)] for row in rows]).update(
            state=Delivery.State.LEASED, worker=worker, leased_until=now + lease_time()
        )
    reader = len(_READER)
    return [Leased(Recipient(*row[:reader]), *row[reader:]) for row in rows]


class Supply:
    """What one worker takes up: batch after batch, within `limit` rows and the rate."""

    def __init__(self, worker: str, limit: int | None) -> None:
        self._worker = worker
        self._limit = limit
        self._leased: deque[Leased] = deque()
        self._last: Leased | None = None
        self._look_back_at = 0.0
        self._allowance, self._tokens, self._allowed_at = allowance(), 0, 0.0

    @property
    def pause(self) -> float:
        """Seconds until the rate lets go what waits; 0 if that is not what keeps it."""
        return max(self._allowed_at - time.monotonic(), 0.001) if self._allowed_at else 0.0

    def take(self) -> Leased | None:
        """The next delivery, leased, or None if there is none for now."""
        if not self._leased:
            limit = BATCH if self._limit is None else min(BATCH, self._limit)
            if limit and (allowed := self._allowed(limit)):
                self._claim(min(limit, allowed))
        return self._leased.popleft() if self._leased else None

    def _claim(self, limit: int) -> None:
        if time.monotonic() >= self._look_back_at:
            self._last, self._look_back_at = None, time.monotonic() + LOOK_BACK
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

    def _allowed(self, mails: int) -> int:
        """How many of these the rate lets go now."""
        if self._tokens == 0 and time.monotonic() >= self._allowed_at:
            taken = self._allowance.take(mails)
            self._tokens, self._allowed_at = taken.mails, 0.0
            if not taken.mails and Delivery.objects.waiting(timezone.now()).exists():
                self._allowed_at = time.monotonic() + taken.wait
        return self._tokens
