"""Where papers come from."""

from django.db import models

from digest.sources import registry
from digest.sources.adapter import Adapter


class SourceQuerySet(models.QuerySet["Source"]):
    def fetchable(self) -> "SourceQuerySet":
        """All but those fed by hand; one whose adapter this version lacks is there to get an error."""
        return self.exclude(adapter__in=registry.fed_by_hand())

    def standard(self, adapter: Adapter) -> "Source":
        """The source that bears its adapter's name, or its format's if it is fed by hand; made if needed."""
        name = adapter.name if adapter.fetch_day else adapter.formats[0].name
        defaults = {"title": adapter.title, "adapter": adapter.name}
        return self.get_or_create(name=name, defaults=defaults)[0]


class Source(models.Model):
    """A place that publishes one edition a day, fetched while it is enabled, or fed by hand."""

    name = models.SlugField(unique=True, help_text="What commands call it, e.g. “huggingface”.")
    title = models.CharField(max_length=100)
    adapter = models.CharField(
        max_length=20,
        default="huggingface",
        help_text="How it is fetched and read. A source that is fed by hand cannot be fetched.",
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
