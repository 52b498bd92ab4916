"""Double opt-in: ask, mail a link, confirm. Whatever the address, a visitor sees the same answer."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q

from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.lib.email_addresses import address_key
from subscriptions.models import Delivery, Subscriber, Suppression
from subscriptions.models.schedule import due_at

WORDING = "sign-up form, version 1"
LETTERS_A_DAY = 2
LETTER_INTERVAL = timedelta(minutes=10)
UNCONFIRMED_KEPT = timedelta(days=14)

ABOUT_SIGNING_UP = ("confirm", "known")

State = Subscriber.State


def request(address: str, choices: Choices, now: datetime) -> None:
    """Take a sign-up. A new or departed reader gets a confirmation, one who has a subscription a note.

    Nothing an existing reader chose changes: whoever typed the address may not own it. At most two
    letters per address and day, ten minutes apart; a refused or erased address gets none. Raises
    `ValidationError` for what is no address, `QuerySyntaxError` for an unreadable query.
    """
    key = address_key(address)
    if Suppression.objects.holds(key):
        return
    with transaction.atomic():
        subscriber = Subscriber.objects.select_for_update().filter(email_key=key).first()
        if subscriber is None:
            subscriber = _enter(address.strip(), key, choices)
        elif not may_write(subscriber, ABOUT_SIGNING_UP, now):
            return  # the letter on its way, or already there, speaks of what was chosen before
        elif subscriber.state in {State.PENDING, State.UNSUBSCRIBED}:
            preferences.apply(subscriber, choices)
            subscriber.state = State.PENDING
            subscriber.save()
        pending = subscriber.state == State.PENDING
        Delivery.objects.post(subscriber, "confirm" if pending else "known", now)


def _enter(address: str, key: str, choices: Choices) -> Subscriber:
    subscriber = Subscriber(email=address, email_key=key, demo=False)
    preferences.apply(subscriber, choices)
    try:
        with transaction.atomic():
            subscriber.save()
    except IntegrityError:  # the same address came in twice at once
        return Subscriber.objects.select_for_update().get(email_key=key)
    return subscriber


def may_write(subscriber: Subscriber, kinds: Collection[str], now: datetime) -> bool:
    """Whether this reader may get another letter of these kinds: two a day, ten minutes apart."""
    if subscriber.state == State.REFUSED:
        return False
    today = subscriber.deliveries.filter(kind__in=kinds, due_at__gt=now - timedelta(days=1))
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
    """Delete sign-ups not confirmed within two weeks of the last letter; such addresses are not kept."""
    kept_since = now - UNCONFIRMED_KEPT
    old = Subscriber.objects.filter(state=State.PENDING, consented_at=None, created_at__lt=kept_since)
    deleted, _ = old.exclude(deliveries__due_at__gte=kept_since).delete()
    return deleted
