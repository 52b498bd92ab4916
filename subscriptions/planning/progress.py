"""How far runs are, and whether they go on: what can be said without planning anything."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count

from subscriptions.models import Delivery, Run

UNFINISHED = (*Delivery.WAITING, *Delivery.CLAIMED)
HELD = "held: "  # begins the reason of a delivery that was deferred because of the relay


def progress_of(runs: Collection[Run]) -> dict[int, Counter[str]]:
    """How many deliveries of each run are in each state, by the run's number; one query."""
    counts: dict[int, Counter[str]] = {run.pk: Counter() for run in runs}
    rows = Delivery.objects.filter(run__in=counts).order_by().values_list("run", "state")
    for run, state, count in rows.annotate(Count("pk")):
        counts[run][state] = count
    return counts


def finished(states: Counter[str]) -> int:
    """How many deliveries of a run are in a final state."""
    return states.total() - sum(states[state] for state in UNFINISHED)
