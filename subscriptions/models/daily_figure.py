"""Daily figures: what stays of deliveries that are no longer kept. No reader is in here."""

from collections.abc import Mapping
from datetime import date

from django.db import models
from django.db.models import F


class DailyFigureManager(models.Manager["DailyFigure"]):
    def add(self, mails: Mapping[tuple[date, str, str], int]) -> None:
        """Add so many mails to each day, kind and state."""
        for (day, kind, state), number in sorted(mails.items()):
            row, _ = self.get_or_create(day=day, kind=kind, state=state)
            self.filter(pk=row.pk).update(mails=F("mails") + number)


class DailyFigure(models.Model):
    """How many mails of a kind that were due on a day came to a state, of those whose rows were deleted."""

    day = models.DateField()
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    mails = models.PositiveBigIntegerField(default=0)

    objects = DailyFigureManager()

    class Meta:
        ordering = ["-day", "kind", "state"]
        verbose_name = "day of earlier deliveries"
        verbose_name_plural = "earlier deliveries"
        constraints = [models.UniqueConstraint("day", "kind", "state", name="one_figure_per_day_kind_state")]

    def __str__(self) -> str:
        return f"{self.day:%d %b %Y}: {self.mails} {self.kind} {self.state}"
