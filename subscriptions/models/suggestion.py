"""Suggestions: one change of filters that a digest offers its reader, and what they answered."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from subscriptions.models.delivery import Delivery

EVERY = timedelta(days=7)  # a reader is offered no more than one in this time
FRESH = timedelta(days=3)  # one that no digest took along by then says what is no longer so


class SuggestionQuerySet(models.QuerySet["Suggestion"]):
    def offer(self, now: datetime) -> int:
        """Give those that are open to digests that wait to be sent; how many. Safe to repeat.

        Not where the reader has changed their filters since.
        """
        waiting = Delivery.objects.filter(
            subscriber=OuterRef("subscriber"), kind=Delivery.DIGEST, state=Delivery.State.PENDING
        ).exclude(priority=Delivery.WAITED_FOR)
        digest = Subquery(waiting.order_by("-due_at").values("pk")[:1])
        return (
            self.filter(offered_at=None, made_at__gt=now - FRESH, subscriber__filter_set=F("made_for"))
            .annotate(digest=digest)
            .exclude(digest=None)
            .update(delivery=digest, offered_at=now)
        )

    def in_digests(self, deliveries: Collection[int]) -> "dict[int, Suggestion]":
        """The suggestion that each of these digests offers, by its number; most offer none."""
        return {each.delivery_id: each for each in self.filter(delivery__in=deliveries) if each.delivery_id}


class Suggestion(models.Model):
    """One change: a query or topic to add, or a number of upvotes to ask for.

    It is open until a digest offers it. A reader has one open suggestion at most.
    """

    class Kind(models.TextChoices):
        ADD = "add", "add a query or topic"
        UPVOTES = "upvotes", "ask for upvotes"

    class Answer(models.TextChoices):
        NONE = "", "none"
        TAKEN = "taken", "taken"
        DECLINED = "declined", "declined"
        UNDONE = "undone", "taken, and undone"

    subscriber = models.ForeignKey("subscriptions.Subscriber", models.CASCADE, related_name="suggestions")
    kind = models.CharField(max_length=10, choices=Kind)
    query = models.TextField(blank=True, help_text="To add; a topic is “topic:slug”.")
    least_upvotes = models.PositiveIntegerField(default=0, help_text="To ask for.")
    before = models.PositiveIntegerField(default=0, help_text="The upvotes asked for until now.")
    papers = models.FloatField(help_text="More papers a week; papers a digest where upvotes are asked for.")
    papers_before = models.FloatField(default=0, help_text="Papers a digest without the change.")
    examples = models.JSONField(default=list, help_text="Papers that it would have brought.")
    made_for = models.PositiveBigIntegerField(help_text="The filter set that the reader had.")
    made_at = models.DateTimeField()
    delivery = models.ForeignKey(
        "subscriptions.Delivery",
        models.SET_NULL,
        null=True,
        related_name="+",
        help_text="The digest that offers it.",
    )
    offered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=10, choices=Answer, default=Answer.NONE, blank=True)
    answered_at = models.DateTimeField(null=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "subscriber", name="one_open_suggestion_per_reader", condition=Q(offered_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"upvotes>={self.least_upvotes}" if self.kind == self.Kind.UPVOTES else f"add {self.query}"
