"""Where papers come from."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Value

if TYPE_CHECKING:
    from digest.sources.adapter import Adapter


class SourceQuerySet(models.QuerySet["Source"]):
    def note_enabled(self, now: datetime) -> int:
        """Note when sources were enabled, or no longer are, where whoever did so has not."""
        self.filter(enabled=False).exclude(enabled_at=None).update(enabled_at=None)
        return self.filter(enabled=True, enabled_at=None).update(enabled_at=now)

    def standard(self, adapter: "Adapter") -> "Source":
        """The source that bears its adapter's name, or its format's if it is fed by hand; made if needed."""
        name = adapter.name if adapter.can_be_fetched else adapter.formats[0].name
        defaults = {"title": adapter.title, "adapter": adapter.name}
        return self.get_or_create(name=name, defaults=defaults)[0]

    def titles(self) -> dict[str, str]:
        """What people call the sources that papers come from, by name; nothing while there is only one."""
        found = dict(self.filter(demo=False, editions__isnull=False).values_list("name", "title").distinct())
        return found if len(found) > 1 else {}


class Source(models.Model):
    """A place that publishes one edition a day, fetched while it is enabled, or fed by hand."""

    name = models.SlugField(unique=True, help_text="What commands call it, e.g. “huggingface”.")
    title = models.CharField(max_length=100)
    adapter = models.CharField(
        max_length=20,
        default="huggingface",
        help_text="How it is fetched and read. A source that is fed by hand cannot be fetched.",
    )
    settings = models.JSONField(
        default=dict,
        blank=True,
        db_default=Value({}, models.JSONField()),
        help_text="What its adapter is to fetch, by setting.",
    )
    enabled = models.BooleanField(default=False, help_text="Fetch it on schedule. Needs network.")
    enabled_at = models.DateTimeField(
        null=True, editable=False, help_text="Days from then on are caught up when they were missed."
    )
    wait_minutes = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="How long readers’ digests wait for its papers of the day, after their own hour. 0: never.",
    )
    fetching_until = models.DateTimeField(
        null=True, editable=False, help_text="Until then whoever fetches it has not been given up."
    )
    demo = models.BooleanField(default=False, editable=False, help_text="Goes when demo data is removed.")
    checked_at = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="What the last check ran into.")
    error_kind = models.CharField(max_length=20, blank=True, db_default="", default="", editable=False)
    quiet_days = models.PositiveSmallIntegerField(
        default=7,
        db_default=7,
        help_text="Tell me if nothing new was listed for more than so many days. 0: never.",
    )

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class SourceDay(models.Model):
    """What is known of one day of a source: when it was last answered for, and what it listed.

    A day is `settled` once it was answered for when it could grow no more: then it is not asked for again.
    """

    source = models.ForeignKey(Source, models.CASCADE, related_name="days")
    day = models.DateField()
    checked_at = models.DateTimeField(null=True, help_text="The last answer for it; none if there was none.")
    tried_at = models.DateTimeField(null=True, help_text="The last attempt.")
    failures = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Attempts since the last answer."
    )
    listed = models.PositiveIntegerField(default=0, help_text="Papers in the last answer for it.")
    unreadable = models.JSONField(default=dict, help_text="How many papers lacked a field, by field.")
    empty_fields = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="How many papers are without a field, by field.",
    )
    settled = models.BooleanField(default=False)
    error = models.TextField(blank=True, help_text="What the last attempt ran into.")

    class Meta:
        ordering = ["-day", "source"]
        constraints = [models.UniqueConstraint(fields=["source", "day"], name="one_row_per_source_and_day")]

    def __str__(self) -> str:
        return f"{self.source}, {self.day:%d %b %Y}"
