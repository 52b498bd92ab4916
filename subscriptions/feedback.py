"""What comes back from readers and their mail servers."""

from datetime import datetime, timedelta

from subscriptions.models import Subscriber
from subscriptions.schedule import due_at

UNDO = timedelta(hours=1)  # for how long leaving can be taken back
State = Subscriber.State


def unsubscribe(subscriber: Subscriber, at: datetime) -> None:
    """Stop all mail at once. Safe to repeat. `at` is when the reader asked."""
    Subscriber.objects.filter(pk=subscriber.pk).exclude(state=State.REFUSED).update(
        state=State.UNSUBSCRIBED, next_digest_at=None, left_at=at
    )


def undo(subscriber: Subscriber, at: datetime) -> None:
    """Take an unsubscription back: as before, from the next regular digest on."""
    Subscriber.objects.filter(pk=subscriber.pk, state=State.UNSUBSCRIBED, consented_at__isnull=False).update(
        state=State.ACTIVE, next_digest_at=due_at(subscriber.schedule, after=at), left_at=None
    )


def refuse(subscriber_id: int, at: datetime) -> None:
    """The reader's mail server said for good that it will not take mail for this address."""
    Subscriber.objects.filter(pk=subscriber_id).update(state=State.REFUSED, next_digest_at=None, left_at=at)
