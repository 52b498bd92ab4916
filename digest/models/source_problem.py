"""Problems of sources: what the operator has to know of, since when, and whether it is over."""

from django.db import models
from django.db.models import Q


class SourceProblemQuerySet(models.QuerySet["SourceProblem"]):
    def open(self) -> "SourceProblemQuerySet":
        """Those that last, and that the operator did not call right."""
        return self.filter(cleared_at=None, accepted_at=None)


class SourceProblem(models.Model):
    """One thing that is wrong with one source, of one `day` if it is about a day's papers.

    It is there once, from `since` until it is `cleared_at` by itself. An operator who knows better (on a
    holiday) has accepted it. `facts` are the figures that its wording names.
    """

    class Kind(models.TextChoices):
        UNREACHABLE = "unreachable", "cannot be reached"
        CHALLENGE = "challenge", "bot challenge"
        REFUSED = "refused", "request refused"
        CHANGED = "changed", "structure changed"
        WRONG_DAY = "wrong_day", "wrong day"
        STALE = "stale", "papers of an earlier day"
        EMPTY = "empty", "empty on a weekday"
        FEW = "few", "far fewer papers than usual"
        FIELDS = "fields", "fields missing"
        QUIET = "quiet", "quiet for days"
        UNCHECKED = "unchecked", "not checked"

    source = models.ForeignKey("digest.Source", models.CASCADE, related_name="problems")
    kind = models.CharField(max_length=20, choices=Kind)
    day = models.DateField(null=True)
    facts = models.JSONField(default=dict)
    raw_answer = models.ForeignKey("digest.RawAnswer", models.SET_NULL, null=True, related_name="+")
    since = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    objects = SourceProblemQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "day"],
                condition=Q(cleared_at=None),
                name="one_open_problem_of_a_day",
            ),
            models.UniqueConstraint(
                fields=["source", "kind"], condition=Q(cleared_at=None, day=None), name="one_open_problem"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.get_kind_display()}"
