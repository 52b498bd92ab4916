"""The outbox: claim → compose → hand over → record; sweep what a dead sender left.

pending → leased → handing → accepted | deferred | refused | unknown | skipped

`handing` is committed before the relay can have the end of the mail: if the sender dies there, the
row becomes `unknown` and is never sent again by itself.
"""

from datetime import datetime

from django.conf import settings

from subscriptions.models import Delivery, Subscriber
from subscriptions.outbox.claim import claim
from subscriptions.outbox.ledger import HOLD, hold, sweep, unsettled
from subscriptions.outbox.run import deliver
from subscriptions.relay import LocalMailbox, Relay, SmtpRelay

__all__ = ["HOLD", "claim", "deliver", "hold", "open_relay", "post", "sweep", "unsettled"]


def post(subscriber: Subscriber, kind: Delivery.Kind, now: datetime) -> Delivery:
    """Queue a letter about the subscription itself; it goes before digests."""
    return Delivery.objects.create(subscriber=subscriber, kind=kind, due_at=now, not_before=now, priority=0)


def open_relay() -> Relay:
    """The relay of EMAIL_URL, or the local mailbox."""
    if not settings.EMAIL_RELAY:
        return LocalMailbox()
    return SmtpRelay(settings.EMAIL_RELAY, settings.SMTP_CONNECTIONS)
