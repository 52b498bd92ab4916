"""Where papers come from."""

from django.db import models


class Source(models.Model):
    """A place that publishes one edition a day, fetched while it is enabled, or fed by hand."""

    class Adapter(models.TextChoices):
        HUGGINGFACE = "huggingface", "Hugging Face Daily Papers"
        NONE = "none", "none: files are ingested by hand"

    name = models.SlugField(unique=True, help_text="What commands call it, e.g. “huggingface”.")
    title = models.CharField(max_length=100)
    adapter = models.CharField(max_length=20, choices=Adapter, default=Adapter.HUGGINGFACE)
    enabled = models.BooleanField(default=False, help_text="Fetch it on schedule. Needs network.")
    demo = models.BooleanField(default=False, editable=False, help_text="Goes when demo data is removed.")
    checked_at = models.DateTimeField(null=True, editable=False)
    succeeded_at = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False, help_text="What the last check ran into.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title
