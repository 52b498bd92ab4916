"""Daily figures: how many mails there were on days that are over. No reader is in here."""

from collections.abc import Mapping
from datetime import date

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce


class DailyFigureManager(models.Manager["DailyFigure"]):
    def deleted(self, mails: Mapping[tuple[date, str, str], int]) -> None:
        """Note that the rows of so many mails of each day, kind and state are deleted."""
        for (day, kind, state), number in sorted(mails.items()):
            row, _ = self.get_or_create(day=day, kind=kind, state=state)
            self.filter(pk=row.pk).update(gone=F("gone") + number)

    def counted(self, mails: Mapping[tuple[date, str, str], int]) -> None:
        """Note how many mails of each day, kind and state there are still; those that are gone are added."""
        for (day, kind, state), number in sorted(mails.items()):
            row, _ = self.get_or_create(day=day, kind=kind, state=state)
            self.filter(pk=row.pk).update(counted=F("gone") + number)

    def with_mails(self) -> "models.QuerySet[DailyFigure]":
        """Figures with how many `mails` there were: as counted when the day was over, else those gone."""
        return self.annotate(mails=Coalesce("counted", "gone"))


class DailyFigure(models.Model):
    """How many mails of a kind that were due on a day came to a state."""

    day = models.DateField()
    kind = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    counted = models.PositiveBigIntegerField(null=True, help_text="When the day was over; none: not yet.")
    gone = models.PositiveBigIntegerField(default=0, help_text="Of how many the row was deleted since.")

    objects = DailyFigureManager()

    class Meta:
        ordering = ["-day", "kind", "state"]
        verbose_name = "day of deliveries"
        verbose_name_plural = "earlier deliveries"
        constraints = [models.UniqueConstraint("day", "kind", "state", name="one_figure_per_day_kind_state")]

    def __str__(self) -> str:
        return f"{self.day:%d %b %Y}: {self.kind} {self.state}"
