"""What follows for a reader whom a mail server refused for good, and taking it back.

A mailbox that the server says is dead gets no more mail. A refusal in words that say nothing of the mailbox
ends that mail alone; after the third, on three different days with none accepted between, while the server
takes mail for others of the same domain, the mailbox is probably dead and gets no more either.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from subscriptions.models import Delivery, Refusal, Subscriber
from subscriptions.models.schedule import due_at
from subscriptions.relay import Cause, gist

DAYS = 3
State = Subscriber.State


@dataclass(frozen=True, slots=True)
class Refused:
    """A reader of this number, whom a server refused at `email`, which may not be theirs any more."""

    subscriber: int
    email: str
    run: int | None
    cause: Cause
    answer: str


def record(refused: Iterable[Refused], now: datetime) -> None:
    """Store refusals, and what follows from each for its reader."""
    for one in refused:
        reader = Subscriber.objects.filter(pk=one.subscriber, email=one.email).first()
        if reader is None:
            continue
        row = Refusal(
            subscriber=reader,
            run_id=one.run,
            at=now,
            cause=one.cause,
            answer=one.answer,
            gist=gist(one.answer),
        )
        if one.cause == Cause.DEAD or (one.cause == Cause.UNKNOWN and _probably_dead(reader, now)):
            row.ended = True
            Subscriber.objects.filter(pk=reader.pk).update(
                state=State.REFUSED, next_digest_at=None, left_at=now
            )
        row.save()


def _probably_dead(reader: Subscriber, now: datetime) -> bool:
    """Whether a refusal of unknown cause, now, is the last that is believed to be none of the mailbox."""
    accepted = Delivery.objects.filter(state=Delivery.State.ACCEPTED)
    before = reader.refusals.filter(cause=Cause.UNKNOWN)
    if last := accepted.filter(subscriber=reader).aggregate(last=Max("settled_at"))["last"]:
        before = before.filter(at__gt=last)
    moments = [*before.values_list("at", flat=True), now]
    if len({moment.date() for moment in moments}) < DAYS:
        return False
    domain = reader.email_key.rpartition("@")[2]
    others = accepted.filter(settled_at__gt=min(moments), subscriber__email_key__endswith=f"@{domain}")
    return others.exclude(subscriber=reader).exists()


def reinstate(reader: Subscriber, now: datetime) -> bool:
    """Send digests again to a reader who was refused, at the usual hour; the refusals count no more."""
    with transaction.atomic():
        refused = Subscriber.objects.filter(pk=reader.pk, state=State.REFUSED, consented_at__isnull=False)
        lifted = refused.update(
            state=State.ACTIVE, next_digest_at=due_at(reader.schedule, after=now), left_at=None
        )
        if lifted:
            reader.refusals.all().delete()
    return bool(lifted)


def reinstate_alike(refusal: Refusal, now: datetime) -> int:
    """Reinstate the readers whom the same words refused in the same run; returns how many."""
    alike = Refusal.objects.filter(run=refusal.run_id, gist=refusal.gist, ended=True)
    readers = Subscriber.objects.filter(pk__in=alike.values("subscriber"))
    return sum([reinstate(reader, now) for reader in list(readers)])
