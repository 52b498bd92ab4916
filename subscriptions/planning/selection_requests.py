"""What a reader's next digest has to cover: their choice and their history as a `SelectionRequest`."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Min

from digest.ingestion.shipped_topics import selecting
from digest.lib.counting import number_of
from digest.models import MergedPaper, Paper, Selection, Topic
from digest.selection import requests
from digest.selection.liked_papers import Versions, versions
from digest.selection.requests import EVERY, TRENDING, Filter, SelectionRequest
from subscriptions.accounts.query_builder import narrowed
from subscriptions.models import Delivery, FilterSet, Subscriber, Wanted
from subscriptions.models.filters import by_canonical
from subscriptions.models.schedule import Rhythm
from subscriptions.planning.runs import Planning
from subscriptions.planning.trending_history import SENT, History


class Group(NamedTuple):
    """What decides the next digest of readers without exceptions, as columns of Subscriber."""

    filter_set_id: int
    covered: int | None
    returning: bool
    language: str
    volume: int | None
    rhythm: str
    history: History = ()  # no column: of readers of Trending, the selections that they got of late


COLUMNS = Group._fields[:-1]


def group_of(reader: Subscriber) -> Group:
    return Group(*(getattr(reader, name) for name in COLUMNS))


def request_for(group: Group, planning: Planning, filters: "Filters") -> SelectionRequest:
    """The digest of all readers of a group: from where the last one ended, through the newest release."""
    through = planning.through_release
    seen_through = group.covered or 0
    first = group.covered is None or group.returning
    request = SelectionRequest(
        filters.of(group.filter_set_id),
        after_release=through if first else seen_through,
        through_release=through,
        seen_through=seen_through,
        first=first,
        language=group.language,
        full_limit=group.volume,
        weekly=group.rhythm == Rhythm.WEEKLY and not first,
        monthly=group.rhythm == Rhythm.MONTHLY and not first,
        liked=filters.liked(group.filter_set_id),
    )
    return with_trending(request, planning)


def with_trending(request: SelectionRequest, planning: Planning) -> SelectionRequest:
    """The request, with the span of its trending papers if it is to bring any.

    That is the time since the last digest, but two days if that is longer.
    """
    if not any(filter_.kind == TRENDING for filter_ in request.filters):
        return request
    return replace(request, trending=min(planning.two_days_ago, request.after_release))


def filters_of(wanted: Wanted) -> tuple[Filter, ...]:
    """The named queries of what a reader chose: topics in the operator's order, then their own as typed.

    The most upvoted papers, which these do not bring, come last.
    """
    exclude = tuple(sorted(by_canonical(wanted.exclude)))
    return _filters(wanted._replace(exclude=exclude), by_canonical(wanted.queries))


def narrowing(wanted: Wanted) -> str:
    """The query for all papers but those that are left out of what a reader chose."""
    return _narrowing(wanted._replace(exclude=tuple(sorted(by_canonical(wanted.exclude)))))


def _narrowing(wanted: Wanted) -> str:
    return narrowed(EVERY, [*wanted.exclude, *wanted.muted], wanted.least_upvotes)


def _filters(wanted: Wanted, queries: Mapping[str, str]) -> tuple[Filter, ...]:
    """The same from `queries` as typed by their canonical forms, and canonical forms of what is left out."""

    def narrow(query: str) -> str:
        return narrowed(query, wanted.exclude, wanted.least_upvotes)

    ordered = sorted(wanted.topics, key=lambda t: (t.position, t.name))
    most = [requests.trending(wanted.trending, _narrowing(wanted))] if wanted.trending else []
    return (
        *(Filter(topic.name, narrow(selecting(topic)), topic.colour) for topic in ordered),
        *(Filter(typed, narrow(query), own=True) for query, typed in queries.items()),
        *most,
    )


class Filters:
    """The named queries of filter sets, as the topics are now."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Filter, ...]] = {}
        self._narrowing: dict[int, str] = {}
        self._liked: Mapping[int, Versions] = {}

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
            wanted = Wanted(
                topics=tuple(topics[chosen.pk]),
                exclude=tuple(chosen.exclude),
                least_upvotes=chosen.least_upvotes,
                trending=chosen.trending,
                muted=tuple(chosen.muted or ()),
            )
            self._known[chosen.pk] = _filters(wanted, queries)
            self._narrowing[chosen.pk] = _narrowing(wanted)
        self._liked = versions({pk: [one.query for one in filters] for pk, filters in self._known.items()})

    def of(self, filter_set: int) -> tuple[Filter, ...]:
        if filter_set not in self._known:
            self.load([*self._known, filter_set])
        return self._known[filter_set]

    def narrowing(self, filter_set: int) -> str:
        """The query for all papers but those that are left out of each of these filters."""
        self.of(filter_set)
        return self._narrowing[filter_set]

    def liked(self, filter_set: int) -> Versions:
        """The papers that a set names as liked, as they are now."""
        self.of(filter_set)
        return self._liked.get(filter_set, ())


def received(readers: Collection[int], papers: Collection[int]) -> Mapping[int, set[int]]:
    """Which of `papers` each of these readers got in a digest before; readers who got none are left out."""
    oldest = Paper.objects.filter(pk__in=papers).aggregate(release=Min("release"))["release"]
    digests = Delivery.objects.filter(
        kind=Delivery.DIGEST,
        subscriber__in=readers,
        state__in=SENT,
        selection__through_release__gte=oldest,
    )
    rows = list(digests.values_list("subscriber_id", "selection_id"))
    selections = Selection.objects.filter(pk__in={selection for _, selection in rows}).defer("reasons")
    former = MergedPaper.with_former(papers)
    held = {one.pk: {former[pk] for pk in one.papers if pk in former} for one in selections.iterator()}
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
