"""What readers ask for with one press: more or less like a paper, a topic muted. Each can be taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from digest.ingestion.shipped_topics import selecting
from digest.matching.ranking.relevance_feedback import LEAST_VOTES
from digest.models import MergedPaper, Selection, Topic
from digest.selection.requests import LIBRARY, TRENDING, stored_query
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Subscriber, Vote


def holds(selection: Selection, paper: int) -> bool:
    """Whether a digest of this selection has the paper, or one that was found to be the same."""
    return not MergedPaper.with_former([paper]).keys().isdisjoint(selection.papers)


def vote(delivery: Delivery, paper: int, verdict: Vote.Verdict, at: datetime) -> None:
    """Note the reader's verdict on a paper of their digest; a later one takes the place of an earlier one."""
    Vote.objects.update_or_create(
        subscriber=delivery.subscriber,
        paper_id=paper,
        defaults={"verdict": verdict, "delivery": delivery, "at": at},
    )


def take_back(subscriber: Subscriber, paper: int) -> None:
    """Forget the reader's verdict on a paper, if there is any."""
    Vote.objects.filter(subscriber=subscriber, paper=paper).delete()


def given(subscriber: Subscriber, paper: int) -> str:
    """The reader's verdict on a paper, empty if there is none."""
    return (
        Vote.objects.filter(subscriber=subscriber, paper=paper).values_list("verdict", flat=True).first()
        or ""
    )


def missing(subscriber: Subscriber) -> int:
    """How many votes the reader's digest needs yet before it is ordered by them."""
    return max(0, LEAST_VOTES - Vote.objects.filter(subscriber=subscriber).count())


class FilterState(StrEnum):
    """What a filter of a digest is to its reader now."""

    ACTIVE = "active"  # brings papers, beside others
    LAST = "last"  # is the only one that brings papers
    MUTED = "muted"  # brings none
    GONE = "gone"  # is a topic that exists no more


@dataclass(frozen=True)
class Muting:
    """A filter that a reader can mute: a topic, or a query of their own, by the name it has in their digest.

    Muting points the reader at a filter set without it, and undoing at one with it: nothing else is stored. A
    library that brought up to `most` papers a day decides on the order only. It holds from the next digest
    that is planned. What a muted topic keeps comes neither as a trending paper nor because of the
    library.
    """

    reader: Subscriber
    name: str
    own: bool
    kind: str = ""  # of the filter, if it is no query, and how many papers it brings
    most: int = 0

    @classmethod
    def of(cls, delivery: Delivery, number: int) -> "Muting | None":
        """The filter of this number in the reader's digest."""
        filters: list[Mapping[str, Any]] = delivery.selection.filters if delivery.selection else []
        if number >= len(filters):
            return None
        muted = filters[number]
        kind, most = muted.get("kind", ""), muted.get("most", 0)
        return cls(delivery.subscriber, muted["name"], muted["own"], kind, most)

    @property
    def state(self) -> FilterState:
        choices = preferences.choices_of(self.reader)
        left = self._without(choices)
        if left != choices:
            by_library = left.library_daily and self.reader.saved_papers.exclude(paper=None).exists()
            brings_papers = (
                left.queries or left.trending or by_library or any(topic.enabled for topic in left.topics)
            )
            return FilterState.ACTIVE if brings_papers else FilterState.LAST
        return FilterState.MUTED if self.own or self.kind or self._topic() else FilterState.GONE

    def mute(self) -> None:
        """Leave the filter out, unless it is all that the reader has."""
        if self.state == FilterState.ACTIVE:
            self._point(self._without(preferences.choices_of(self.reader)))

    def undo(self) -> None:
        """Bring the filter back, as far as it exists."""
        choices, topic = preferences.choices_of(self.reader), self._topic()
        if self.state != FilterState.MUTED:
            return
        if self.kind == LIBRARY:
            self._point(replace(choices, library_daily=self.most))
        elif self.kind == TRENDING:
            self._point(replace(choices, trending=self.most))
        elif self.own:
            self._point(replace(choices, queries=(*choices.queries, self.name)))
        elif topic:
            muted = tuple(query for query in choices.muted if query != selecting(topic))
            self._point(replace(choices, topics=(*choices.topics, topic), muted=muted))

    def _without(self, choices: Choices) -> Choices:
        if self.kind == LIBRARY:
            return replace(choices, library_daily=0)
        if self.kind == TRENDING:
            return replace(choices, trending=0, muted=choices.muted if choices.library_daily else ())
        if self.own:
            name = str(stored_query(self.name))  # as typed, or in canonical form, as versions before named it
            kept = (text for text in choices.queries if str(stored_query(text)) != name)
            return replace(choices, queries=tuple(kept))
        topics = tuple(topic for topic in choices.topics if topic.name != self.name)
        brings_others = choices.trending or choices.library_daily
        muted = {selecting(topic) for topic in choices.topics if topic not in topics and brings_others}
        return replace(choices, topics=topics, muted=(*choices.muted, *muted))

    def _topic(self) -> Topic | None:
        return Topic.objects.filter(name=self.name).first()

    def _point(self, choices: Choices) -> None:
        with transaction.atomic():
            self.reader.filter_set, self.reader.library_daily = choices.filter_set(), choices.library_daily
            self.reader.save(update_fields=["filter_set", "library_daily"])  # a planner may move the rest
