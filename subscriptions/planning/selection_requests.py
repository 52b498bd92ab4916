"""What a reader's next digest has to cover: their choice and their history as a `SelectionRequest`."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Min

from digest.lib.counting import number_of
from digest.models import MergedPaper, Paper, Selection
from digest.selection.requests import TRENDING, SelectionRequest
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm
from subscriptions.planning.filters import Filters
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


def request_for(group: Group, planning: Planning, filters: Filters) -> SelectionRequest:
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
        lacking=planning.waiting.lacking(filters.of(group.filter_set_id)),
    )
    return with_trending(request, planning)


def with_trending(request: SelectionRequest, planning: Planning) -> SelectionRequest:
    """The request, with the span of its trending papers if it is to bring any.

    That is the time since the last digest, but two days if that is longer.
    """
    if not any(filter_.kind == TRENDING for filter_ in request.filters):
        return request
    return replace(request, trending=min(planning.two_days_ago, request.after_release))


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
