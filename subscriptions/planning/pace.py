"""How fast the relay takes mail, beside how fast it took the last runs: making no headway is a problem.

A relay that answers nothing for a minute and then goes on, mail after mail, refuses and defers nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min

from subscriptions.models import Delivery, Run

WITHIN = timedelta(minutes=10)
EARLIER_RUNS = 5
_LEAST = 100  # mails: how fast fewer went says little
_AT_LEAST = 60.0  # mails a minute that any relay is expected to take
_SHARE = 10  # a tenth of what is usual is too little


@dataclass(frozen=True, slots=True)
class Pace:
    """Mails accepted in the last ten minutes, and in so many usually."""

    recent: int
    usual: int


def headway(now: datetime) -> Pace | None:
    """The pace if it is too slow, while mail has waited for ten minutes; None if there is no such problem."""
    waiting = Delivery.objects.waiting(now - WITHIN).order_by()  # in order SQLite reads all rows there are
    if waiting[:_LEAST].count() < _LEAST:
        return None
    minutes = WITHIN / timedelta(minutes=1)
    usual = _usual_rate() * minutes
    accepted = Delivery.objects.filter(state=Delivery.State.ACCEPTED, settled_at__gt=now - WITHIN)
    recent = accepted.filter(run__state__in=[Run.State.RUNNING, Run.State.PAUSED]).count()
    return Pace(recent, round(usual)) if recent * _SHARE < usual else None


def _usual_rate() -> float:
    """Mails a minute: of the fastest of the last runs, within EMAIL_RATE."""
    rates = [_AT_LEAST]
    for run in Run.objects.filter(state=Run.State.DONE)[:EARLIER_RUNS]:
        accepted = Delivery.objects.filter(run=run, state=Delivery.State.ACCEPTED).order_by()
        found = accepted.aggregate(mails=Count("pk"), first=Min("settled_at"), last=Max("settled_at"))
        if found["mails"] >= _LEAST and found["last"] > found["first"]:
            rates.append(found["mails"] / ((found["last"] - found["first"]) / timedelta(minutes=1)))
    return min(max(rates), settings.EMAIL_RATE * 60 or max(rates))
