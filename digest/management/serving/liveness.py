"""Whether the background work is alive, by the heartbeats that it leaves in the database."""

from datetime import datetime, timedelta

from django.db import Error
from django.db.models import Max

from digest.models import Heartbeat

OVERDUE = timedelta(seconds=35)  # a heartbeat comes every 10 seconds, behind tasks of at most 20


class WorkerWatchdog:
    """Tells when the worker is to be started again. One that was just started has time for a heartbeat."""

    def __init__(self, now: datetime) -> None:
        self._since = now

    def expired(self, now: datetime) -> bool:
        """Whether no heartbeat at all came for too long; then the next period begins."""
        try:
            last = Heartbeat.objects.aggregate(last=Max("at"))["last"]
        except Error:  # without a database no worker can leave one
            return False
        if now - max(last or self._since, self._since) <= OVERDUE:
            return False
        self._since = now
        return True
