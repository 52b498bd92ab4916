"""The raw answers of sources, so that any day can be parsed again."""

from django.db import models


class AnswerBody(models.Model):
    """Bytes that a source answered with, each kept once."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    compressed = models.BinaryField(editable=False, help_text="With zlib.")
    size = models.PositiveIntegerField(help_text="Bytes before compression.")

    def __str__(self) -> str:
        return self.sha256[:12]


class RawAnswer(models.Model):
    """One part of one answer of a source.

    The same answer again only moves `seen_at`. `day` is the day that was asked for, none where the source was
    asked for what it lists now. Parts of one answer share `fetched_at`.
    """

    source = models.ForeignKey("digest.Source", models.CASCADE, related_name="raw_answers")
    day = models.DateField(null=True)
    part = models.PositiveSmallIntegerField(default=0)
    body = models.ForeignKey(AnswerBody, models.PROTECT, related_name="raw_answers")
    format = models.CharField(max_length=30, blank=True, help_text="Empty if it could not be read.")
    fetched_at = models.DateTimeField(help_text="When it was first given.")
    seen_at = models.DateTimeField(help_text="When it was last given.")

    class Meta:
        ordering = ["-fetched_at", "part"]
        indexes = [models.Index(fields=["source", "day", "fetched_at"], name="answers_by_source_and_day")]

    def __str__(self) -> str:
        return f"{self.source}, {self.fetched_at:%Y-%m-%d %H:%M}"
