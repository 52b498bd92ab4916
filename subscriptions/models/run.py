"""Runs: the digests planned for one moment, which an operator can watch, pause and stop together."""

from django.db import models
from django.db.models import Q


class RunQuerySet(models.QuerySet["Run"]):
    def halted(self) -> "RunQuerySet":
        """Runs of which nothing is sent: an operator paused or stopped them.

        Where the relay is the reason for a pause, the deliveries themselves are deferred.
        """
        return self.filter(Q(state=Run.State.PAUSED, resumes_at=None) | Q(state=Run.State.STOPPED))


class Run(models.Model):
    """The digests that were planned for one moment, by any number of planners."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        PAUSED = "paused", "paused"
        STOPPED = "stopped", "stopped"
        DONE = "done", "done"

    moment = models.DateTimeField(unique=True, help_text="Who was due then, was planned.")
    through_release = models.PositiveBigIntegerField(
        db_column="until", help_text="The last release that its digests cover."
    )
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was paused or stopped.")
    resumes_at = models.DateTimeField(null=True, help_text="When a pause ends by itself; none: by a button.")
    refusals_from = models.DateTimeField(
        null=True, editable=False, help_text="Refusals count from here on: when it was held for some before."
    )
    started_at = models.DateTimeField(auto_now_add=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Digests of {self.moment:%d %b %Y, %H:%M}"
