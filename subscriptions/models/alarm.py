"""Alarms: what the operator was told of, and when."""

from django.db import models


class Alarm(models.Model):
    """One cause, and when the operator was last told of it."""

    cause = models.CharField(max_length=120, unique=True)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.cause
