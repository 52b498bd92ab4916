"""Index segments: stored papers in groups, each with the index that searches read."""

import uuid

from django.db import models

from digest.lib.counting import number_of


class IndexSegment(models.Model):
    """The index of some papers as of when each was last changed; it never changes itself.

    A paper that changed is indexed again in another segment: of those that have a paper, the one counts that
    has its last change. In time segments are merged into larger ones; for a while the smaller are kept for
    whoever is reading them. Losing all of them loses nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)  # processes remember what they read by it
    count = models.PositiveIntegerField()
    stamp = models.DateTimeField(help_text="When the last of its papers was changed.")
    made_by = models.CharField(max_length=40, help_text="The version of `digest.matching`.")
    papers = models.BinaryField(help_text="Their primary keys, as 64-bit integers.")
    stamps = models.BinaryField(help_text="When each was changed, in microseconds, as 64-bit integers.")
    replaced_at = models.DateTimeField(null=True, help_text="When it was merged into another.")
    head = models.BinaryField(help_text="What `digest.matching.index.storing.opened` reads.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{number_of(self.count, 'paper')}, {self.stamp:%d %b %Y}"


class IndexBlock(models.Model):
    """A block of a segment's index; a search reads those that have its words."""

    segment = models.ForeignKey(IndexSegment, models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["segment", "number"], name="one_block_of_each_number")]

    def __str__(self) -> str:
        return f"Block {self.number} of {self.segment}"
