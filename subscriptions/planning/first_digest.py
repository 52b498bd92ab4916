"""The first digest: planned when a reader confirms, and one mail with the welcome."""

from datetime import datetime

from django.db import transaction

from digest.models import newest_release
from subscriptions.accounts import signup
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import planner
from subscriptions.planning.filters import Filters
from subscriptions.planning.planner import Planned
from subscriptions.planning.runs import Planning


def confirm(subscriber: Subscriber, now: datetime, visitor: str) -> None:
    """Make a pending reader active, and welcome them by one mail; confirming again changes nothing.

    That mail is their first digest, unless they want that at their hour, or no paper of the newest editions
    matches: then it is the letter that looks back on a week. `visitor` is the network address of the press.
    """
    with transaction.atomic():
        if not signup.activate(subscriber, now, visitor):
            return
        if not (subscriber.first_at_once and _plan(subscriber, now)):
            Delivery.objects.post(subscriber, "welcome", now)


def _plan(subscriber: Subscriber, now: datetime) -> bool:
    """Plan the digest for this moment; whether there is one to send.

    Where no paper matches, or one from before the reader left is being sent, nothing is kept of it: their
    first digest is still to come, at their hour, also with filters that they choose till then.
    """
    planned = Planned()
    reader = Subscriber.objects.select_for_update().get(pk=subscriber.pk)  # no planner may take it meanwhile
    reader.next_digest_at = now
    with transaction.atomic():
        planner.plan_batch([reader], Planning(now, newest_release()), Filters(), planned, first=True)
        transaction.set_rollback(not planned.pending)
    return bool(planned.pending)
