"""Filter sets as the named queries of a selection: topics as they are now, own queries, what narrows them."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from digest.ingestion.shipped_topics import selecting
from digest.models import Topic
from digest.selection import requests
from digest.selection.liked_papers import Versions, versions
from digest.selection.requests import EVERY, Filter
from subscriptions.accounts.query_builder import narrowed
from subscriptions.models import FilterSet, Wanted
from subscriptions.models.filters import by_canonical


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
