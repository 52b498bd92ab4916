"""Where papers come from."""

from django.db import models

from digest.sources import registry
from digest.sources.adapter import Adapter


class SourceQuerySet(models.QuerySet["Source"]):
    def fetchable(self) -> "SourceQuerySet":
        """All but those fed by hand; one whose adapter this version lacks is there to get an error."""
        return self.exclude(adapter__in=registry.fed_by_hand())

    def standard(self, adapter: Adapter) -> "Source":
        """The source that bears its adapter's own name, made if there is none."""
        defaults = {"title": adapter.title, "adapter": adapter.name}
        return self.get_or_create(name=adapter.name, defaults=defaults)[0]


class Source(models.Model):
    """A place that publishes one edition a day, fetched while it is enabled, or fed by hand."""

    name = models.SlugField(unique=True, help_text="What commands call it, e.g. “huggingface”.")
    title = models.CharField(max_length=100)
    adapter = models.CharField(
        max_length=20,
        choices=registry.choices,
        default="huggingface",
        help_text="How it is fetched and read. JSON Lines are not fetched, but ingested by hand.",
    )
    enabled = models.BooleanField(default=False, help_text="Fetch it on schedule. Needs network.")
    demo = models.BooleanField(default=False, editable=False, help_text="Goes when demo data is removed.")
    checked_at = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="What the last check ran into.")

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title
