"""What comes back from readers and their mail servers."""

from datetime import datetime, timedelta

from subscriptions.models import Delivery, Subscriber
from subscriptions.schedule import due_at

UNDO = timedelta(hours=1)  # for how long leaving can be taken back
GOODBYE_INTERVAL = timedelta(days=1)
State = Subscriber.State


def unsubscribe(subscriber: Subscriber, at: datetime) -> None:
    """Stop all digests at once, and say goodbye to who had any. Safe to repeat. `at` is when they asked."""
    readers = Subscriber.objects.filter(pk=subscriber.pk)
    left = {"state": State.UNSUBSCRIBED, "next_digest_at": None, "left_at": at}
    if readers.filter(state__in=[State.ACTIVE, State.PAUSED]).update(**left):
        _say_goodbye(subscriber, at)
    else:
        readers.exclude(state=State.REFUSED).update(**left)


def _say_goodbye(subscriber: Subscriber, at: datetime) -> None:
    """Queue the last mail, at most one a day: leaving can be taken back and done again."""
    goodbye = Delivery.Kind.GOODBYE
    if not subscriber.deliveries.filter(kind=goodbye, due_at__gt=at - GOODBYE_INTERVAL).exists():
        Delivery.objects.create(subscriber=subscriber, kind=goodbye, due_at=at, not_before=at, priority=0)


def undo(subscriber: Subscriber, at: datetime) -> None:
    """Take an unsubscription back: as before, from the next regular digest on."""
    Subscriber.objects.filter(pk=subscriber.pk, state=State.UNSUBSCRIBED, consented_at__isnull=False).update(
        state=State.ACTIVE, next_digest_at=due_at(subscriber.schedule, after=at), left_at=None
    )


def refuse(subscriber_id: int, at: datetime) -> None:
    """The reader's mail server said for good that it will not take mail for this address."""
    Subscriber.objects.filter(pk=subscriber_id).update(state=State.REFUSED, next_digest_at=None, left_at=at)
