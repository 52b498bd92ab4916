"""Editions, what each lists, and the releases that make papers new to readers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import models, transaction

from digest.models.source import Source


class Edition(models.Model):
    """One day of one source. It grows during the day; see `RawAnswer` for what it was read from."""

    source = models.ForeignKey("digest.Source", models.CASCADE, related_name="editions")
    day = models.DateField(db_index=True)
    format = models.CharField(max_length=30, help_text="Of the last answer.")
    rejected = models.JSONField(default=list, help_text="Papers that could not be read, and why.")
    fetched_at = models.DateTimeField()
    papers = models.ManyToManyField("digest.Paper", through="EditionEntry", related_name="editions")

    class Meta:
        ordering = ["-day", "source"]
        constraints = [
            models.UniqueConstraint(fields=["source", "day"], name="one_edition_per_source_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.source}, {self.day:%d %b %Y}"


@contextmanager
def release_lock() -> Iterator[None]:
    """A transaction in which no other can create a release."""
    with transaction.atomic():
        list(Source.objects.select_for_update().order_by("pk").values_list("pk"))
        yield


def newest_release() -> int:
    """The last release, all earlier ones being visible too; 0 before the first."""
    with release_lock():
        return Release.objects.aggregate(number=models.Max("pk"))["number"] or 0


class Release(models.Model):
    """One moment at which an edition added papers, or changed facts of papers.

    Its number orders everything that is “new for a reader”: a digest covers the releases up to one
    number, the next digest starts after it. A number, not a time, because clocks can be wrong, and
    numbers are only given under `release_lock`, so a smaller one is always visible first. The row
    outlives its edition: readers' histories refer to the number.
    """

    edition = models.ForeignKey(Edition, models.SET_NULL, null=True, related_name="releases")
    released_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} ({self.edition})"


class EditionEntryManager(models.Manager["EditionEntry"]):
    def papers_merged(self, merged: Mapping[int, int]) -> None:
        """The entries of each of these papers become those of the paper that it became.

        Where an edition lists both, the one that was released first stays.
        """
        for gone, paper in merged.items():
            both = self.filter(paper__in=(gone, paper)).order_by(
                "edition", models.F("release").asc(nulls_last=True), "position"
            )
            stay: dict[int, int] = {}
            twice = [entry.pk for entry in both if stay.setdefault(entry.edition_id, entry.pk) != entry.pk]
            self.filter(pk__in=twice).delete()
            self.filter(paper=gone).update(paper=paper)


class EditionEntry(models.Model):
    """A paper's position in an edition, and the release that added it; none if it was only stored."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="entries")
    paper = models.ForeignKey("digest.Paper", models.CASCADE, related_name="entries")
    release = models.ForeignKey(Release, models.CASCADE, null=True, related_name="entries")
    position = models.PositiveIntegerField()

    objects = EditionEntryManager()

    class Meta:
        ordering = ["edition", "position"]
        verbose_name_plural = "edition entries"
        constraints = [
            models.UniqueConstraint(fields=["edition", "paper"], name="one_entry_per_edition_and_paper")
        ]

    def __str__(self) -> str:
        return f"{self.paper} in {self.edition}"
