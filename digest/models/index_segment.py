"""Index segments: stored papers in groups of a thousand, each with the index that searches read."""

import uuid

from django.db import models

from digest.lib.counting import number_of

SIZE = 1024


class IndexSegment(models.Model):
    """The index of the papers whose primary keys, divided by SIZE, give `number`.

    It mirrors them as of `stamp` and never changes: when they do, or matching does, another takes its
    place. Losing it loses nothing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    number = models.PositiveIntegerField(unique=True)
    count = models.PositiveIntegerField()
    stamp = models.DateTimeField(help_text="When the last of its papers was changed.")
    made_by = models.CharField(max_length=40, help_text="The version of `digest.matching`.")
    first_day = models.DateField()
    last_day = models.DateField()
    papers = models.BinaryField(help_text="Their primary keys, ascending, as 64-bit integers.")
    index = models.BinaryField(help_text="As `digest.matching.Index.dump` gives it.")

    class Meta:
        ordering = ["number"]
        db_table = "digest_shelf"  # its first name; processes of the version before may still run

    def __str__(self) -> str:
        return f"{number_of(self.count, 'paper')}, {self.first_day} to {self.last_day}"
