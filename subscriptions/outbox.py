"""The outbox: claim → hand over → record; sweep what a dead sender left.

pending → leased → handing → accepted | deferred | refused | unknown | skipped

Every step is one conditional UPDATE fenced by the worker's name, so a sender whose lease was taken
over can neither send nor record. `handing` is committed before the relay hears of the mail: if the
sender dies there, the row becomes `unknown` and is never sent again by itself.
"""

import os
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from digest.compose.headers import checked_address
from subscriptions import feedback, letters
from subscriptions.addresses import is_reserved
from subscriptions.letters import Composer, NothingToSay
from subscriptions.models import Delivery, Subscriber
from subscriptions.relay import LocalMailbox, Outcome, Relay, RelayUnavailable, SmtpRelay, Verdict
from subscriptions.schedule import Rhythm, Schedule, due_at
from subscriptions.suspicion import EveryReaderRefused, Suspicion

BATCH = 50
HOLD = timedelta(minutes=1)
SUSPECT_HOLD = timedelta(hours=1)  # each run of a relay that lies about readers costs some of them
PAUSE_CHECK = timedelta(days=1)
LONGEST_BACKOFF = timedelta(hours=4)

Kind, State = Delivery.Kind, Delivery.State


def post(subscriber: Subscriber, kind: Delivery.Kind, now: datetime) -> Delivery:
    """Queue a letter about the subscription itself; it goes before digests."""
    return Delivery.objects.create(subscriber=subscriber, kind=kind, due_at=now, not_before=now, priority=0)


def open_relay() -> Relay:
    """The relay of EMAIL_URL, or the local mailbox."""
    return SmtpRelay(settings.EMAIL_RELAY) if settings.EMAIL_RELAY else LocalMailbox()


def deliver(
    relay: Relay, limit: int | None = None, stopped: Callable[[], bool] = lambda: False
) -> Counter[str]:
    """Hand over what waits, batch by batch, until nothing does, `limit` rows were claimed or `stopped()`.

    Returns how many ended in each state. Safe to run any number of times at once. A relay that
    refuses us, or cannot be reached, defers everything that waits and ends the run; one that refuses
    a single mail defers that one only.
    """
    done: Counter[str] = Counter()
    worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    composer, suspicion = Composer(), Suspicion()
    claimed = 0
    while not stopped() and (limit is None or claimed < limit):
        batch = claim(BATCH if limit is None else min(BATCH, limit - claimed), worker, timezone.now())
        if not batch:
            break
        claimed += len(batch)
        try:
            for delivery in batch:
                if stopped():
                    break
                try:
                    state = _hand_over(delivery, worker, relay, composer)
                except RelayUnavailable as error:
                    done[State.DEFERRED] += 1
                    suspicion.mail_refused(error)
                else:
                    done[state] += 1
                    suspicion.settled(state)
        except RelayUnavailable as error:
            _release(worker)
            period = SUSPECT_HOLD if isinstance(error, EveryReaderRefused) else HOLD
            done[State.DEFERRED] += hold(str(error), timezone.now(), period)
            break
        finally:
            _release(worker)
    return done


def claim(limit: int, worker: str, now: datetime) -> Sequence[Delivery]:
    """Lease up to `limit` waiting rows to `worker`, most urgent first; those of others are left alone."""
    with transaction.atomic():
        waiting = _waiting(now).order_by("priority", "not_before", "pk").select_for_update(skip_locked=True)
        pks = list(waiting.values_list("pk", flat=True)[:limit])
        Delivery.objects.filter(pk__in=pks).update(
            state=State.LEASED, worker=worker, leased_until=now + _lease()
        )
    rows = Delivery.objects.filter(pk__in=pks).select_related("subscriber", "selection")
    return list(rows.order_by("priority", "not_before", "pk"))


def _lease() -> timedelta:
    return timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)


def sweep(now: datetime) -> Counter[str]:
    """Take over what dead senders left: expired leases wait again, expired hand-overs are unknown."""
    expired = Delivery.objects.filter(leased_until__lt=now)
    waiting = expired.filter(state=State.LEASED).update(state=State.PENDING, worker="", leased_until=None)
    unknown = 0
    for delivery in expired.filter(state=State.HANDING).select_related("subscriber"):
        outcome = Outcome(Verdict.UNKNOWN, "the sender died during the hand-over")
        unknown += _record(delivery, delivery.worker, outcome, now)
    return Counter({State.PENDING: waiting, State.UNKNOWN: unknown})


def hold(reason: str, now: datetime, period: timedelta = HOLD) -> int:
    """Defer everything that waits; how many rows that were."""
    return _waiting(now).update(state=State.DEFERRED, reason=f"held: {reason}"[:500], not_before=now + period)


def unsettled(due_by: datetime) -> QuerySet[Delivery]:
    """Deliveries due by then that still wait for their first or a due attempt, or are in hand."""
    in_hand = Q(state__in=[State.LEASED, State.HANDING])
    return Delivery.objects.filter(in_hand | Q(_WAITS, not_before__lte=timezone.now()), due_at__lte=due_by)


_WAITS = Q(state__in=[State.PENDING, State.DEFERRED])


def _waiting(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(_WAITS, not_before__lte=now)


def _hand_over(delivery: Delivery, worker: str, relay: Relay, composer: Composer) -> str:
    """Bring one leased row to its next state, which is returned; raises `RelayUnavailable`."""
    try:
        recipient = checked_address(letters.recipient(delivery))
    except ValueError:  # UnusableAddress, UnicodeError
        return _skip(delivery, worker, "the address cannot be written in ASCII")
    if is_reserved(recipient) and not relay.local:
        return _skip(delivery, worker, "a reserved domain: never handed to a relay that is not local")
    try:
        message, sender = composer.message(delivery)
    except NothingToSay:
        return _skip(delivery, worker, "its papers were removed meanwhile")
    except Exception as error:  # noqa: BLE001 - one mail that cannot be composed must not hold up the others
        _record(
            delivery, worker, Outcome(Verdict.DEFERRED, f"could not be composed: {error!r}"), timezone.now()
        )
        return State.DEFERRED
    if not _start(delivery, worker, timezone.now()):
        return _put_off(delivery, worker)
    try:
        outcome = relay.hand_over(message, sender, recipient)
    except RelayUnavailable as error:
        _record(delivery, worker, Outcome(Verdict.DEFERRED, str(error)), timezone.now())
        raise
    _record(delivery, worker, outcome, timezone.now())
    return outcome.verdict


def _start(delivery: Delivery, worker: str, now: datetime) -> bool:
    """Commit `handing` with a whole lease, unless the lease is gone or the reader wants this no longer."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.LEASED, worker=worker, leased_until__gt=now)
    wanted_and_mine = mine.filter(subscriber__state__in=_wanted_in(Kind(delivery.kind)))
    return bool(wanted_and_mine.update(state=State.HANDING, leased_until=now + _lease()))


def _wanted_in(kind: Delivery.Kind) -> Sequence[str]:
    """The states of a reader in which this kind of mail goes out."""
    states = Subscriber.State
    match kind:
        case Kind.CONFIRM:
            return [states.PENDING]
        case Kind.DIGEST:
            return [states.ACTIVE]
        case Kind.KNOWN:
            return [states.ACTIVE, states.PAUSED]
        case _:  # the reader asked for it, and may have left
            return [states.PENDING, states.ACTIVE, states.PAUSED, states.UNSUBSCRIBED]


def _put_off(delivery: Delivery, worker: str) -> str:
    """The reader wants no mail now: keep the digest while they may come back, else settle it.

    A pause ends, and leaving can be undone; the digest planned then takes over this one's papers.
    """
    now = timezone.now()
    reader = Subscriber.objects.filter(pk=delivery.subscriber_id).first()
    paused = reader is not None and reader.state == Subscriber.State.PAUSED
    undoable = reader is not None and reader.left_at is not None and reader.left_at > now - feedback.UNDO
    if delivery.kind != Kind.DIGEST or not (paused or undoable):
        return _skip(delivery, worker, "the reader left meanwhile")
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.LEASED, worker=worker, leased_until__gt=now)
    kept = mine.update(
        state=State.DEFERRED,
        reason="the reader paused meanwhile" if paused else "the reader left meanwhile",
        not_before=now + (PAUSE_CHECK if paused else feedback.UNDO),
        worker="",
        leased_until=None,
    )
    return State.DEFERRED if kept else "lost"


def _skip(delivery: Delivery, worker: str, reason: str) -> str:
    """Settle a row that must not go out, if it is still this worker's."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.LEASED, worker=worker)
    now = timezone.now()
    skipped = mine.filter(leased_until__gt=now).update(state=State.SKIPPED, reason=reason, settled_at=now)
    return State.SKIPPED if skipped else "lost"


def _record(delivery: Delivery, worker: str, outcome: Outcome, now: datetime) -> bool:
    """Write down the outcome of a row that this worker has in hand, and what follows for the reader."""
    attempts = delivery.attempts + 1
    deferred = outcome.verdict == Verdict.DEFERRED
    backoff = min(timedelta(minutes=2 ** min(attempts, 10)), LONGEST_BACKOFF)
    with transaction.atomic():
        mine = Delivery.objects.filter(pk=delivery.pk, state__in=[State.LEASED, State.HANDING], worker=worker)
        recorded = mine.update(
            state=outcome.verdict.value,
            reason=outcome.answer[:500],
            attempts=attempts,
            not_before=now + backoff if deferred else F("not_before"),
            settled_at=None if deferred else now,
            worker="",
            leased_until=None,
        )
        if recorded and outcome.verdict == Verdict.REFUSED and delivery.kind != Kind.ADDRESS:
            feedback.refuse(delivery.subscriber_id, now)
        if recorded and outcome.verdict == Verdict.UNKNOWN and delivery.kind == Kind.DIGEST:
            _bring_forward(delivery, now)
    return bool(recorded)


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


def _release(worker: str) -> None:
    """Give back what this worker leased and did not get to."""
    Delivery.objects.filter(worker=worker, state=State.LEASED).update(
        state=State.PENDING, worker="", leased_until=None
    )
