"""Double opt-in: ask, mail a link, confirm. Whatever the address, a visitor sees the same answer."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from subscriptions.accounts import library as libraries
from subscriptions.accounts import preferences
from subscriptions.accounts.library import NO_LIBRARY, Library
from subscriptions.accounts.preferences import Choices
from subscriptions.accounts.reachable_address import reachable
from subscriptions.models import Delivery, LetterQuota, Subscriber, Suppression
from subscriptions.models.schedule import due_at

WORDING = "sign-up form, version 1"
LETTERS_A_DAY = 2
LETTER_INTERVAL = timedelta(minutes=10)
UNCONFIRMED_KEPT = timedelta(days=14)

State = Subscriber.State


def request(
    typed: str,
    choices: Choices,
    now: datetime,
    wait: timedelta = timedelta(),
    library: Library = NO_LIBRARY,
) -> None:
    """Take a sign-up. A new or departed reader gets a confirmation, one who has a subscription a note.

    The letter leaves after `wait`, and no other for the address before it.

    Nothing an existing reader chose changes: whoever typed the address may not own it. At most two
    letters per address and day, ten minutes apart; a refused or erased address gets none. The database has
    the same to do in each of these cases, so the time it takes tells nothing of the address. Raises
    `ValidationError` for what is no address, `QuerySyntaxError` for an unreadable query.
    """
    address = reachable(typed)
    with transaction.atomic():
        requested = Subscriber(email=address.spelling, email_key=address.key, demo=False)
        preferences.apply(requested, choices)
        if not LetterQuota.objects.take(address.key, now + wait):
            return  # the letter on its way, or already there, speaks of what was chosen before
        with transaction.atomic():
            subscriber = _entered(requested)
            pending = subscriber.state == State.PENDING
            Delivery.objects.post(subscriber, "confirm" if pending else "known", now + wait)
            with transaction.atomic():
                libraries.replace_unconfirmed(subscriber, library, now)
                transaction.set_rollback(not pending)  # of who stays as they are too: it takes as long
            erased = Suppression.objects.holds(address.key)
            transaction.set_rollback(erased or subscriber.state == State.REFUSED)


def _entered(requested: Subscriber) -> Subscriber:
    """The reader with this address: as requested if there is none, or none who has confirmed and stayed."""
    known = Subscriber.objects.select_for_update().filter(email_key=requested.email_key)
    subscriber = known.first() or requested
    if subscriber.state in {State.PENDING, State.UNSUBSCRIBED}:
        subscriber.state, subscriber.email = State.PENDING, requested.email
        for name in (*preferences.CHOSEN, "first_at_once"):
            setattr(subscriber, name, getattr(requested, name))
    try:
        with transaction.atomic():
            subscriber.save()  # of who stays as they are too: it takes as long
    except IntegrityError:  # a reader has moved to this address at this moment
        return known.get()
    return subscriber


def may_ask(subscriber: Subscriber, kind: str, now: datetime) -> bool:
    """Whether a reader may get another letter that they asked for: two of a kind a day, ten minutes apart."""
    if subscriber.state == State.REFUSED:
        return False
    today = subscriber.deliveries.filter(kind=kind, due_at__gt=now - timedelta(days=1))
    latest = today.order_by("due_at").last()
    return latest is None or (latest.due_at <= now - LETTER_INTERVAL and today.count() < LETTERS_A_DAY)


def activate(subscriber: Subscriber, now: datetime, visitor: str) -> bool:
    """Make a pending reader active; whether they were pending. Doing it again changes nothing.

    `visitor` is the network address that pressed the button, kept as proof of consent.
    """
    first = due_at(subscriber.schedule, after=now)
    return _activate(subscriber, State.PENDING, first, f"{WORDING}, from {visitor}", now)


def come_back(subscriber: Subscriber, now: datetime, visitor: str) -> None:
    """Make a reader who left active again, with what they had chosen; for others nothing changes."""
    first = due_at(subscriber.schedule, after=now)
    _activate(subscriber, State.UNSUBSCRIBED, first, f"the link in the goodbye mail, from {visitor}", now)
    subscriber.refresh_from_db()


def _activate(subscriber: Subscriber, before: State, first: datetime, consent: str, now: datetime) -> bool:
    """Make a reader in the state `before` active; whether they were."""
    waiting = Subscriber.objects.filter(pk=subscriber.pk, state=before)
    return bool(
        waiting.update(
            state=State.ACTIVE,
            next_digest_at=first,
            returning=ExpressionWrapper(Q(covered__isnull=False), BooleanField()),
            left_at=None,
            consented_at=now,
            consent=consent,
        )
    )


def forget_unconfirmed(now: datetime) -> int:
    """Delete sign-ups not confirmed within two weeks of the last letter; such addresses are not kept.

    Also where the letter was refused: else nobody could ever sign up with a mailbox that was made later.
    """
    kept_since = now - UNCONFIRMED_KEPT
    unconfirmed = Subscriber.objects.filter(state__in=[State.PENDING, State.REFUSED], consented_at=None)
    old = unconfirmed.filter(created_at__lt=kept_since)
    deleted, _ = old.exclude(deliveries__due_at__gte=kept_since).delete()
    return deleted
