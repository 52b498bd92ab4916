"""What is remembered of the servers that sources are asked at."""

from django.db import models

from digest.models.raw_answer import AnswerBody


class AskedSite(models.Model):
    """When a site may be asked next, by whichever process comes first."""

    site = models.CharField(max_length=253, primary_key=True, help_text="As “arxiv.org”.")
    free_at = models.DateTimeField()
    interval = models.FloatField(help_text="Seconds between two requests: the most that a source asked for.")

    def __str__(self) -> str:
        return self.site


class KnownAnswer(models.Model):
    """The last body of an address, and the validators by which its server tells whether it has changed.

    `address` is the SHA-256 of the address and of the headers sent: either may hold a key.
    """

    address = models.CharField(max_length=64, primary_key=True)
    etag = models.TextField(blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    body = models.ForeignKey(AnswerBody, models.PROTECT, related_name="known_answers")
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address[:12]
