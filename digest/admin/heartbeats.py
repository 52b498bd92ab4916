"""Whether the background work is alive, by the signs it leaves in the database."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import Error
from django.db.models import Max
from django.urls import reverse
from django.utils.timesince import timesince

from digest.admin.dashboard import Attention
from digest.models import Heartbeat

OVERDUE = timedelta(seconds=35)  # the canary comes every 10 seconds, behind tasks of at most 20
SILENT = timedelta(minutes=2)  # then it is not merely being started again


class Pulse:
    """Watches for the supervisor. A worker that was just started has time to show life."""

    def __init__(self, now: datetime) -> None:
        self._since = now

    def stopped(self, now: datetime) -> bool:
        """Whether nothing at all showed life for too long; then the next period begins."""
        try:
            last = Heartbeat.objects.aggregate(last=Max("at"))["last"]
        except Error:  # without a database no worker can show life
            return False
        if now - max(last or self._since, self._since) <= OVERDUE:
            return False
        self._since = now
        return True


def silence(now: datetime) -> Iterator[Attention]:
    """For the operator's front page: workers that were at work, and no longer are."""
    for canary in Heartbeat.objects.filter(name="worker", at__lt=now - SILENT):
        yield Attention(
            f"No worker has shown a sign of life for {timesince(canary.at, now, depth=1)}.",
            "Scheduler, broker and worker must all run: “manage.py status” says which is silent.",
            reverse("admin:index"),
        )
