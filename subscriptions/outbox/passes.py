"""Sending until nothing waits: pass after pass, where one ended because of a single run or relay."""

import gc
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from subscriptions.outbox.journal.file import JournalFile
from subscriptions.outbox.sender import Sender
from subscriptions.outbox.settling import settle_abandoned
from subscriptions.relay import Relay, RoutedRelay


def deliver(
    relay: Relay, limit: int | None = None, stopped: Callable[[], bool] = lambda: False
) -> Counter[str]:
    """Hand over what waits until nothing does, `limit` rows were claimed or `stopped()`.

    Returns how many ended in each state. Safe to run any number of times at once. A relay that accepts
    nothing from us, or cannot be reached, defers everything that waits and ends the pass; one that rejects a
    single mail defers that one only; a run whose readers are refused in numbers is held, and others go on.
    When stopped, mails that were offered are completed, the others released.
    """
    counts: Counter[str] = Counter()
    settle_abandoned(timezone.now())
    journalled = True
    gc.freeze()  # what exists already is not traversed by each collection
    try:
        while True:
            left = None if limit is None else max(0, limit - counts.total())
            journal = (
                JournalFile.begin(Path(settings.OUTBOX_JOURNALS), settings.VERSION) if journalled else None
            )
            sender = Sender(relay, left, stopped, journal)
            counts += sender.deliver()
            journalled = journalled and not sender.journal_failed
            again = isinstance(relay, RoutedRelay) and relay.starts_anew()
            if stopped() or not (sender.held_run or sender.journal_failed or again):
                return counts
    finally:
        gc.unfreeze()
