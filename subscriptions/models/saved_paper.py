"""Saved papers: a reader's own list, of papers they saved and of those they brought from a library."""

from collections.abc import Collection, Mapping

from django.db import models
from django.db.models import Q

from digest.matching.ranking.relevance_feedback import LEAST_VOTES


class SavedPaperQuerySet(models.QuerySet["SavedPaper"]):
    def with_library(self) -> "models.QuerySet[SavedPaper, int]":
        """The readers whose digests a library decides on, as a column: as a filter, or as a taste."""
        counted = self.filter(paper__isnull=False).order_by().values("subscriber")
        enough = Q(papers__gte=LEAST_VOTES) | Q(subscriber__library_daily__gt=0)
        return counted.annotate(papers=models.Count("pk")).filter(enough).values_list("subscriber", flat=True)

    def libraries(self, readers: Collection[int]) -> dict[int, tuple[int, ...]]:
        """For each of `readers` whose digests a library decides on its papers, ascending."""
        of_these = self.filter(subscriber__in=readers)
        rows = of_these.filter(subscriber__in=of_these.with_library(), paper__isnull=False)
        found: dict[int, list[int]] = {}
        for reader, paper in rows.order_by("paper").values_list("subscriber", "paper"):
            found.setdefault(reader, []).append(paper)
        return {reader: tuple(papers) for reader, papers in found.items()}

    def papers_merged(self, merged: Mapping[int, int]) -> None:
        """Rows of each of these papers are of the one that it became; of a reader's two the first stays.

        It gets the other's note if it has none, and counts as brought if one of them was.
        """
        for gone, paper in merged.items():
            first: dict[int, SavedPaper] = {}
            for row in self.filter(paper__in=(gone, paper)).order_by("saved_at", "pk"):
                stays = first.setdefault(row.subscriber_id, row)
                if stays is row:
                    continue
                stays.note = stays.note or row.note
                if SavedPaper.Origin.IMPORTED in {stays.origin, row.origin}:
                    stays.origin = SavedPaper.Origin.IMPORTED
                row.delete()
                stays.save(update_fields=["note", "origin"])
            self.filter(paper=gone).update(paper=paper)


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
        max_length=500, blank=True, help_text="As it was when it was saved, or as an import gave it."
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.SAVED)
    note = models.CharField(max_length=500, blank=True, help_text="The reader's own line.")
    lookup = models.CharField(max_length=10, choices=Lookup, blank=True, default=Lookup.NONE)
    saved_at = models.DateTimeField()

    objects = SavedPaperQuerySet.as_manager()

    class Meta:
        ordering = ["-saved_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "key"], name="one_saved_paper_per_reader_and_key")
        ]

    def __str__(self) -> str:
        return f"saved paper {self.pk}"  # operators see how many there are, and not which
