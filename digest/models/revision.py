"""Revisions: old values of a paper's facts, so that it can be read as of any release."""

from django.db import models


class Revision(models.Model):
    """What `release` changed about a paper that was released before; `before` holds the old values.

    With the revisions after a release undone, newest first, a paper reads as it was then: a query that
    holds now and did not hold then has been crossed since.
    """

    paper = models.ForeignKey("digest.Paper", models.CASCADE, related_name="revisions")
    release = models.ForeignKey("digest.Release", models.CASCADE, related_name="revisions")
    before = models.JSONField(help_text="The old values, by field.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["release", "paper"], name="one_revision_per_release_and_paper")
        ]

    def __str__(self) -> str:
        return f"{self.paper}, before release {self.release_id}"
