"""What readers of Trending had of the papers that compete for their next digest.

readers → the selections that they got in that span → papers: those who got the same ones stay together
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import chain

from django.db.models import OuterRef, Subquery

from digest.models import MergedPaper, Paper, Release, Selection
from digest.selection.requests import SelectionRequest
from subscriptions.models import Delivery, Subscriber

SENT = (Delivery.State.ACCEPTED, Delivery.State.UNKNOWN)
History = tuple[int, ...]  # numbers of selections, ascending


class TrendingHistory:
    """What readers got of the papers of the releases after `after`."""

    def __init__(self, after: int) -> None:
        self._after = after
        later = Release.objects.filter(pk__gt=after).order_by("pk")
        self._since = later.values_list("released_at", flat=True).first()
        self._papers: dict[int, frozenset[int]] = {}

    def of(self, readers: Collection[int]) -> dict[int, History]:
        """The selections with such papers that each of these readers got; readers who got none are left out.

        A digest is planned at the moment it is due, or later if the planner was late; but no later than the
        next one is due. So those due in the span are asked for, and the last one before.
        """
        if self._since is None or not readers:
            return {}
        digests = Delivery.objects.filter(
            kind=Delivery.DIGEST, state__in=SENT, selection__isnull=False
        ).order_by()
        earlier = digests.filter(subscriber=OuterRef("pk"), due_at__lt=self._since).order_by("-due_at")
        last = Subscriber.objects.filter(pk__in=readers).order_by()
        rows = chain(
            digests.filter(subscriber__in=readers, due_at__gte=self._since).values_list(
                "subscriber_id", "selection_id"
            ),
            last.values_list("pk", Subquery(earlier.values("selection_id")[:1])),
        )
        got = [(reader, selection) for reader, selection in rows if selection]
        self._load({selection for _, selection in got})
        found: dict[int, set[int]] = {}
        for reader, selection in got:
            if self._papers[selection]:
                found.setdefault(reader, set()).add(selection)
        return {reader: tuple(sorted(selections)) for reader, selections in found.items()}

    def papers(self, history: History) -> History:
        """The papers that these selections brought, of those that compete."""
        self._load(history)
        return tuple(sorted(frozenset().union(*(self._papers[selection] for selection in history))))

    def _load(self, selections: Iterable[int]) -> None:
        missing = set(selections) - self._papers.keys()
        if not missing:
            return
        recent = Selection.objects.filter(pk__in=missing, through_release__gt=self._after).defer("reasons")
        brought = {selection.pk: selection.papers for selection in recent}
        became = MergedPaper.became(set(chain.from_iterable(brought.values())))
        brought = {pk: [became.get(paper, paper) for paper in papers] for pk, papers in brought.items()}
        papers = set(chain.from_iterable(brought.values()))
        span = set(Paper.objects.filter(pk__in=papers, release__gt=self._after).values_list("pk", flat=True))
        self._papers |= {pk: frozenset(span.intersection(brought.get(pk, ()))) for pk in missing}


def without_had(requests: Mapping[int, SelectionRequest]) -> dict[int, SelectionRequest]:
    """The requests of readers, by their numbers; what each had of the papers that compete is excluded."""
    excluding = dict(requests)
    for after in {request.trending for request in requests.values()} - {None}:
        assert after is not None
        history = TrendingHistory(after)
        found = history.of([pk for pk, request in requests.items() if request.trending == after])
        for reader, selections in found.items():
            excluding[reader] = replace(requests[reader], excluded=history.papers(selections))
    return excluding
