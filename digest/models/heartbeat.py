"""Heartbeats of what runs in the background."""

from datetime import datetime

from django.db import models


class HeartbeatManager(models.Manager["Heartbeat"]):
    def beat(self, name: str, at: datetime, detail: str = "") -> None:
        """Store a heartbeat of `name` in place of the one before."""
        self.bulk_create(
            [Heartbeat(name=name, at=at, detail=detail[:200])],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at", "detail"],
        )


class Heartbeat(models.Model):
    """When a part of the service was last seen at work, and what it did.

    “worker” is a task that does nothing else: it comes through while broker and workers do. “planner” and
    “sender” are the work itself.
    """

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    objects = HeartbeatManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
