"""Subscribers: an address, what they want to read and when."""

from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from subscriptions.models.schedule import Rhythm, Schedule, known_zones

# Readers whose address another one had already when keys were made anew (migration 0009).
CLASHING = Q(email_key__startswith=" ")


def unknown_schedule() -> Q:
    """Readers with a time zone, hour, rhythm or weekday that is not known here: see `Schedule.stored`."""
    known = Q(time_zone__in=known_zones(), hour__lt=24, rhythm__in=Rhythm.values, weekday__lt=7)
    return Q(state=Subscriber.State.ACTIVE) & ~known


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def due(self, now: datetime) -> "SubscriberQuerySet":
        """Readers whose next digest is due at `now`."""
        return self.filter(state=Subscriber.State.ACTIVE, next_digest_at__lte=now)


class Subscriber(models.Model):
    """One reader. `covered` is the last release their digests cover; None before the first digest."""

    class State(models.TextChoices):
        PENDING = "pending", "waits for confirmation"
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        REFUSED = "refused", "address refused by its mail server"

    class Format(models.TextChoices):
        HTML = "html", gettext_lazy("HTML and plain text")
        TEXT = "text", gettext_lazy("plain text only")

    email = models.EmailField(max_length=254, help_text="As typed.")
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    demo = models.BooleanField(default=False, editable=False)
    filter_set = models.ForeignKey("subscriptions.FilterSet", models.PROTECT, related_name="subscribers")
    time_zone = models.CharField(max_length=64, default="UTC")
    hour = models.PositiveSmallIntegerField(default=7)
    rhythm = models.CharField(max_length=10, choices=Rhythm, default=Rhythm.DAILY)
    weekday = models.PositiveSmallIntegerField(
        default=0, help_text="For the weekly and the monthly rhythm; 0 is Monday."
    )
    language = models.CharField(max_length=10, default="en")
    volume = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many papers a digest shows in full, the best first; empty: all.",
    )
    library_daily = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,  # the build before signs readers up without it
        help_text="So many papers a day like those on the list; 0: it decides on the order only.",
    )
    format = models.CharField(max_length=10, choices=Format, default=Format.HTML)
    first_at_once = models.BooleanField(
        default=True, editable=False, help_text="The first digest comes on confirming."
    )
    paused_until = models.DateField(null=True, blank=True, help_text="The first day with mail again.")
    new_email = models.EmailField(max_length=254, blank=True, editable=False, help_text="Not confirmed yet.")
    next_digest_at = models.DateTimeField(null=True, blank=True)
    covered = models.PositiveBigIntegerField(null=True, editable=False)
    returning = models.BooleanField(
        default=False, editable=False, help_text="Starts anew, had what was covered."
    )
    link_version = models.PositiveSmallIntegerField(
        default=0, help_text="Raise it to revoke all links but those to unsubscribe."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, editable=False)
    consented_at = models.DateTimeField(null=True, editable=False)
    consent = models.CharField(max_length=200, blank=True, editable=False, help_text="Wording and address.")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "reader"
        indexes = [
            models.Index("next_digest_at", name="subscriber_due", condition=Q(state="active")),
            models.Index("paused_until", name="subscriber_paused", condition=Q(state="paused")),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def schedule(self) -> Schedule:
        return Schedule.stored(self.time_zone, self.hour, self.rhythm, self.weekday)
