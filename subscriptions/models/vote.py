"""Votes: what readers asked more or less of."""

from collections.abc import Collection, Iterable, Mapping

from django.db import models

from digest.matching.ranking.relevance_feedback import LEAST_VOTES, MOST_VOTES
from digest.selection.requests import Votes


class VoteQuerySet(models.QuerySet["Vote"]):
    def with_taste(self) -> "models.QuerySet[Vote, int]":
        """The readers with votes enough for a taste, as a column."""
        counted = self.order_by().values("subscriber").annotate(votes=models.Count("pk"))
        return counted.filter(votes__gte=LEAST_VOTES).values_list("subscriber", flat=True)

    def tastes(self, readers: Collection[int]) -> dict[int, Votes]:
        """For each of `readers` with enough votes the latest of them, as a `SelectionRequest` has them."""
        given: dict[int, list[Vote]] = {}
        for vote in self.filter(subscriber__in=readers).order_by("-at", "-pk"):
            given.setdefault(vote.subscriber_id, []).append(vote)
        return {pk: _taste(votes[:MOST_VOTES]) for pk, votes in given.items() if len(votes) >= LEAST_VOTES}

    def papers_merged(self, merged: Mapping[int, int]) -> None:
        """Votes on each of these papers count for the one it became; of a reader's two the latest does."""
        for gone, paper in merged.items():
            latest: dict[int, int] = {}
            both = self.filter(paper__in=(gone, paper)).order_by("-at", "-pk")
            older = [one.pk for one in both if latest.setdefault(one.subscriber_id, one.pk) != one.pk]
            self.filter(pk__in=older).delete()
            self.filter(paper=gone).update(paper=paper)


class Vote(models.Model):
    """A reader asked for more, or less, like a paper. The latest word counts; there is one for each paper."""

    class Verdict(models.TextChoices):
        MORE = "more", "more like it"
        LESS = "less", "less like it"

    subscriber = models.ForeignKey("subscriptions.Subscriber", models.CASCADE, related_name="votes")
    paper = models.ForeignKey("digest.Paper", models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    delivery = models.ForeignKey(
        "subscriptions.Delivery",
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The digest whose link was pressed.",
    )
    at = models.DateTimeField()

    objects = VoteQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "paper"], name="one_vote_per_reader_and_paper")
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.paper}"


def _taste(votes: Iterable[Vote]) -> Votes:
    return tuple(sorted((vote.paper_id, vote.verdict == Vote.Verdict.MORE) for vote in votes))
