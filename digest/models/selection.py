"""Selections: what readers with the same filters and the same history get."""

from django.db import models


class Selection(models.Model):
    """The papers of the releases after `after_release` up to `through_release` that one set of filters keeps.

    Addressed by its content: `key` is a hash of everything that went in, so that any number of
    planners asking for the same selection get one row. A `first` digest also takes the newest edition
    of each source as of `after_release`.
    """

    key = models.CharField(max_length=64, unique=True)
    filters = models.JSONField(help_text="The named queries, in the reader's order.")
    weekly = models.BooleanField(default=False, help_text="It is about the week to its day.")
    monthly = models.BooleanField(
        default=False,
        db_default=False,  # planners of the build before still store theirs
        help_text="It is about the month to its day.",
    )
    language = models.CharField(max_length=10, default="en")
    after_release = models.PositiveBigIntegerField(db_column="since")
    through_release = models.PositiveBigIntegerField(db_column="until")
    full_limit = models.PositiveSmallIntegerField(
        null=True, db_column="most", help_text="How many papers are shown in full."
    )
    seen_through = models.PositiveBigIntegerField(
        db_column="had", help_text="Papers up to this release are not new to its readers."
    )
    first = models.BooleanField(default=False)
    day = models.DateField(
        null=True, help_text="The newest edition day it draws on; none if there was nothing."
    )
    scanned = models.PositiveIntegerField(help_text="Papers the editions listed.")
    already_had = models.PositiveIntegerField(
        default=0, help_text="Matching papers an earlier release brought."
    )
    items = models.JSONField(help_text="[{paper, filter}], ranked, one per paper.")
    more = models.JSONField(default=list, help_text="As items: those beyond the reader's cap.")
    crossed = models.JSONField(default=list, help_text="Which of them were out before, but match only now.")
    near = models.JSONField(default=list, help_text="[{paper, filter, missing, add}], one clause short.")
    carried = models.JSONField(default=list, help_text="Papers of a digest that may not have arrived.")
    reasons = models.TextField(
        default="",
        db_default="",  # planners of the build before still store theirs
        help_text="Why its papers were kept, as `digest.selection.shown_reasons` packs it.",
    )
    aside = models.TextField(
        default="",
        db_default="",  # planners of the build before still store theirs
        help_text="Titles of sources, one a line: without votes, their papers did not compete for Trending.",
    )
    lacking = models.TextField(
        default="",
        db_default="",  # planners of the build before still store theirs
        help_text="Titles of sources, one a line, which had not announced the papers of the day.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.day or 'no edition'}: {len(self.items)} of {self.scanned}"

    @property
    def papers(self) -> list[int]:
        """All papers that it brings, in full or by their titles."""
        return [*(item["paper"] for item in [*self.items, *self.more]), *self.carried]

    @property
    def is_empty(self) -> bool:
        return not self.items and not self.carried
