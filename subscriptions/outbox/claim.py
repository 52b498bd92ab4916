"""Taking up waiting deliveries, a batch at a time: plain values, in the order of their urgency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from subscriptions.models import Delivery, Subscriber
from subscriptions.outbox.ledger import lease_time

BATCH = 50
_COLUMNS = ("subscriber_id", "pk", "kind", "due_at", "selection_id", "attempts", "priority", "not_before")


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
        rows = list(waiting.select_for_update(skip_locked=True).values_list(*_COLUMNS)[:limit])
        Delivery.objects.filter(pk__in=[row[1] for row in rows]).update(
            state=Delivery.State.LEASED, worker=worker, leased_until=now + lease_time()
        )
    readers = Subscriber.objects.filter(pk__in={row[0] for row in rows})
    recipients = {
        row[0]: Recipient(*row)
        for row in readers.values_list("pk", "email", "new_email", "format", "link_version")
    }
    return [Leased(recipients[row[0]], *row[1:]) for row in rows if row[0] in recipients]
