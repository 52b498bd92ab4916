"""What becomes of the mails of a sender that is no more, by its journal."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from subscriptions.models import Delivery
from subscriptions.outbox import transitions
from subscriptions.outbox.journal.file import Abandoned, abandoned
from subscriptions.outbox.transitions import Transition
from subscriptions.relay import Cause

State = Delivery.State
_FINAL = {State.ACCEPTED, State.REFUSED, State.UNKNOWN}


def settle_abandoned(now: datetime) -> None:
    """Settle what senders of this machine left that have died; those alive are left alone.

    Where the journal is believed, a mail whose end of data did not begin waits again; one whose end of data
    began and was not replied to is unknown. Else everything is unknown that has no final reply.
    """
    for left in abandoned(Path(settings.OUTBOX_JOURNALS)):
        handing = Delivery.objects.filter(worker=left.name, state=State.HANDING)
        attempts = dict(handing.values_list("pk", "attempts"))
        made = conclusions(left, attempts, now)
        accepted = _accepted(left).difference(attempts)
        unknown = Delivery.objects.filter(pk__in=accepted, state=State.UNKNOWN).values_list("pk", flat=True)
        made += [reply(left, pk) for pk in unknown]
        transitions.write(left.name, made, now)


def reclaim_expired(now: datetime) -> dict[str, int]:
    """Settle or end what crashed senders left, on this machine and, once its lease has expired, on any."""
    settle_abandoned(now)
    return transitions.reclaim_expired(now)


def conclusions(left: Abandoned, attempts: Mapping[int, int], now: datetime) -> list[Transition]:
    """The transitions of the mails that the database has as `handing`, with their `attempts` so far."""
    return [_conclusion(left, pk, made, now) for pk, made in attempts.items()]


def _conclusion(left: Abandoned, pk: int, attempts: int, now: datetime) -> Transition:
    entry = left.journal.entries.get(pk)
    if entry is not None and entry.reply is not None:
        known = reply(left, pk)
        if left.believed or known.to in _FINAL:
            return known
    if entry is not None or not left.believed:
        return Transition(pk, State.UNKNOWN, transitions.CRASHED, attempted=True)
    if attempts >= transitions.MAX_EXPIRED_LEASES - 1:
        later = now + transitions.POISON_DELAY
        return Transition(pk, State.DEFERRED, transitions.POISON, later, attempted=True)
    return Transition(pk, State.PENDING, attempted=True)


def _accepted(left: Abandoned) -> set[int]:
    return {
        pk for pk, entry in left.journal.entries.items() if entry.reply and entry.reply[0] == State.ACCEPTED
    }


def as_reply(transition: Transition) -> Iterable[Any]:
    """A transition as a journal keeps it."""
    later = transition.not_before.isoformat() if transition.not_before else None
    return (
        transition.to,
        transition.reason,
        later,
        transition.attempted,
        transition.email,
        transition.cause,
        transition.provider_id,
    )


def reply(left: Abandoned, pk: int) -> Transition:
    """The transition that a journal has for a mail."""
    entry = left.journal.entries[pk]
    assert entry.reply is not None
    to, reason, later, attempted, email, cause, provider_id = entry.reply
    return Transition(
        pk,
        State(to),
        reason,
        datetime.fromisoformat(later) if later else None,
        attempted=attempted,
        email=email,
        cause=Cause(cause) if cause else None,
        provider_id=provider_id,
    )
