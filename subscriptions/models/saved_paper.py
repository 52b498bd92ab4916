"""Saved papers: a reader's own list, of papers they saved and of those they brought from a library."""

from django.db import models


class SavedPaper(models.Model):
    """A paper that a reader keeps. It stays when the paper itself is not known here (yet, or any more)."""

    class Origin(models.TextChoices):
        SAVED = "saved", "saved"
        IMPORTED = "imported", "imported"

    class Lookup(models.TextChoices):
        NONE = "", "nothing to look up"
        WAITING = "waiting", "waits to be looked up"
        MISSING = "missing", "not found at the source"

    subscriber = models.ForeignKey(
        "subscriptions.Subscriber",
        models.CASCADE,
        related_name="saved_papers",
        db_index=False,  # the constraint's index begins with it
    )
    key = models.CharField(max_length=200, help_text="The paper's identity, as `Paper.key`.")
    paper = models.ForeignKey("digest.Paper", models.SET_NULL, null=True, related_name="+")
    title = models.CharField(
        max_length=500, blank=True, help_text="What an import said, while the paper is unknown."
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SAVED)
    note = models.CharField(max_length=500, blank=True, help_text="The reader's own line.")
    lookup = models.CharField(max_length=10, choices=Lookup, blank=True, default=Lookup.NONE)
    saved_at = models.DateTimeField()

    objects = models.Manager["SavedPaper"]()

    class Meta:
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "key"], name="one_saved_paper_per_reader_and_key")
        ]

    def __str__(self) -> str:
        return self.title or self.key
