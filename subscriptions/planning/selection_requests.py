"""What a reader's next digest has to cover: their choice and their history as a `SelectionRequest`."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Min

from digest.ingestion.shipped_topics import selecting
from digest.lib.counting import number_of
from digest.models import Paper, Selection, Topic
from digest.selection.requests import EVERY, Filter, SelectionRequest
from subscriptions.accounts.query_builder import narrowed
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.models.filters import by_canonical
from subscriptions.models.schedule import Rhythm

State = Delivery.State
_SENT = (State.ACCEPTED, State.UNKNOWN)


class Group(NamedTuple):
    """What decides the next digest of readers without exceptions, as columns of Subscriber."""

    filter_set_id: int
    covered: int | None
    returning: bool
    language: str
    volume: int | None
    rhythm: str


def group_of(reader: Subscriber) -> Group:
    return Group(*(getattr(reader, name) for name in Group._fields))


def request_for(group: Group, through: int, filters: "Filters") -> SelectionRequest:
    """The digest of all readers of a group: from where the last one ended, through release `through`."""
    seen_through = group.covered or 0
    first = group.covered is None or group.returning
    return SelectionRequest(
        filters.of(group.filter_set_id),
        after_release=through if first else seen_through,
        through_release=through,
        seen_through=seen_through,
        first=first,
        language=group.language,
        full_limit=group.volume,
        weekly=group.rhythm == Rhythm.WEEKLY and not first,
    )


def filters_of(
    topics: Collection[Topic], queries: Sequence[str], exclude: Sequence[str] = (), least_upvotes: int = 0
) -> tuple[Filter, ...]:
    """The named queries of what a reader chose: topics in the operator's order, then their own as typed."""
    return _filters(topics, by_canonical(queries), sorted(by_canonical(exclude)), least_upvotes)


def _filters(
    topics: Collection[Topic], queries: Mapping[str, str], exclude: Sequence[str], least_upvotes: int
) -> tuple[Filter, ...]:
    """The same from `queries` as typed by their canonical forms, and canonical forms of what is left out."""

    def narrow(query: str) -> str:
        return narrowed(query, exclude, least_upvotes)

    ordered = sorted(topics, key=lambda t: (t.position, t.name))
    return (
        *(Filter(topic.name, narrow(selecting(topic)), topic.colour) for topic in ordered),
        *(Filter(typed, narrow(query), own=True) for query, typed in queries.items()),
    )


class Filters:
    """The named queries of filter sets, as the topics are now."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Filter, ...]] = {}
        self._narrowing: dict[int, str] = {}

    def load(self, filter_sets: Collection[int]) -> None:
        """Read those not yet known, and forget the others."""
        self._known = {pk: self._known[pk] for pk in self._known.keys() & filter_sets}
        self._narrowing = {pk: self._narrowing[pk] for pk in self._known}
        missing = set(filter_sets) - self._known.keys()
        enabled = Topic.objects.filter(enabled=True).in_bulk()
        links = FilterSet.topics.through.objects.filter(filterset__in=missing, topic__in=enabled)
        topics: dict[int, list[Topic]] = defaultdict(list)
        for filter_set, topic in links.values_list("filterset_id", "topic_id"):
            topics[filter_set].append(enabled[topic])
        sets = FilterSet.objects.filter(pk__in=missing)
        for chosen in sets:
            queries = dict(zip(chosen.queries, chosen.own_queries, strict=True))
            self._known[chosen.pk] = _filters(
                topics[chosen.pk], queries, chosen.exclude, chosen.least_upvotes
            )
            self._narrowing[chosen.pk] = narrowed(EVERY, chosen.exclude, chosen.least_upvotes)

    def of(self, filter_set: int) -> tuple[Filter, ...]:
        if filter_set not in self._known:
            self.load([*self._known, filter_set])
        return self._known[filter_set]

    def narrowing(self, filter_set: int) -> str:
        """The query for all papers but those that are left out of each of these filters."""
        self.of(filter_set)
        return self._narrowing[filter_set]


def received(readers: Collection[int], papers: Collection[int]) -> Mapping[int, set[int]]:
    """Which of `papers` each of these readers got in a digest before; readers who got none are left out."""
    oldest = Paper.objects.filter(pk__in=papers).aggregate(release=Min("release"))["release"]
    digests = Delivery.objects.filter(
        kind=Delivery.DIGEST,
        subscriber__in=readers,
        state__in=_SENT,
        selection__through_release__gte=oldest,
    )
    rows = list(digests.values_list("subscriber_id", "selection_id"))
    selections = Selection.objects.filter(pk__in={selection for _, selection in rows}).defer("reasons")
    held = {selection.pk: {*papers}.intersection(selection.papers) for selection in selections.iterator()}
    found: dict[int, set[int]] = {}
    for reader, selection in rows:
        if selection and held[selection]:
            found.setdefault(reader, set()).update(held[selection])
    return found


def why_empty(selection: Selection) -> str:
    """Why a selection brings no papers, for the operator."""
    if not selection.scanned:
        return "no new papers since the last digest"
    seen = f", {selection.already_had} of them already seen" if selection.already_had else ""
    return f"nothing matched: {number_of(selection.scanned, 'paper')} scanned{seen}"
