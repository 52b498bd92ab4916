"""Sending until nothing waits: pass after pass, where one ended because of a single run or relay."""

import gc
from collections import Counter
from collections.abc import Callable

from subscriptions.outbox.sender import Sender
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
    gc.freeze()  # what exists already is not traversed by each collection
    try:
        while True:
            left = None if limit is None else max(0, limit - counts.total())
            sender = Sender(relay, left, stopped)
            counts += sender.deliver()
            again = isinstance(relay, RoutedRelay) and relay.starts_anew()
            if not (sender.held_run or again) or stopped():
                return counts
    finally:
        gc.unfreeze()
