"""Plan: who is due now gets one delivery each.

due readers → requests → selections (each distinct request once) → deliveries → next due times

Readers whose next digest follows from their choice and the last one they had are planned together, by the
database. The others come after them, one by one: those with an earlier digest that has not ended or may not
have arrived, or whose moment had its digest already. Any number of planners may run at once: a reader's row
is locked while planned, and the unique constraint on deliveries has the last word.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from digest.lib.counting import number_of
from digest.models import Heartbeat, MergedPaper, Selection, newest_release
from digest.selection.requests import SelectionRequest
from digest.selection.selector import Selector, make, store
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.lib.selection_rows import kept
from subscriptions.models import Delivery, Run, Subscriber, Suggestion
from subscriptions.models.schedule import Schedule, due_at
from subscriptions.planning.bulk_planner import plan_together
from subscriptions.planning.filters import Filters, filters_of, narrowing
from subscriptions.planning.open_digests import claimed_by_others, open_digests
from subscriptions.planning.personal_requests import Tastes, like_library
from subscriptions.planning.runs import Planning
from subscriptions.planning.selection_requests import (
    group_of,
    received,
    request_for,
    why_empty,
    with_trending,
)
from subscriptions.planning.trending_history import without_had

BATCH = 2000
State = Delivery.State
WAITING = Delivery.WAITING
_LATEST = 2**62  # after any release there will be


@dataclass(slots=True)
class Planned:
    """How many deliveries a run planned, how many had nothing to say, and how many it superseded."""

    pending: int = 0
    skipped: int = 0
    superseded: int = 0

    def __add__(self, other: "Planned") -> "Planned":
        return Planned(
            self.pending + other.pending,
            self.skipped + other.skipped,
            self.superseded + other.superseded,
        )


def plan(now: datetime) -> Planned:
    """Plan one digest for every reader due at `now`, however many they missed; safe to repeat.

    Pauses that have ended by then end first.
    """
    preferences.resume_due(now)
    planned = Planned()
    if not Subscriber.objects.due(now).exists():
        return planned
    planning = Planning(now, newest_release())
    for states in plan_together(planning):
        planned.pending += states[State.PENDING]
        planned.skipped += states[State.SKIPPED]
        _beat(planned)
    plan_singly(planning, planned)
    if planned.pending:
        Suggestion.objects.offer(timezone.now())
    return planned


def _beat(planned: Planned) -> None:
    """Send a heartbeat after each step: a planner without one is started again."""
    Heartbeat.objects.beat("planner", timezone.now(), f"{number_of(planned.pending, 'digest')} planned")


def plan_singly(planning: Planning, planned: Planned) -> None:
    """Plan readers one by one: slower, and right for every reader."""
    filters = Filters()
    last = 0
    while True:
        with transaction.atomic():
            due = planning.waiting.due().filter(pk__gt=last).order_by("pk")
            readers = list(due.select_for_update(skip_locked=True)[:BATCH])
            if not readers:
                return
            last = readers[-1].pk
            plan_batch(readers, planning, filters, planned)
        _beat(planned)


def next_selection(subscriber: Subscriber) -> Selection:
    """The selection that this reader's next digest would bring now; nothing is stored."""
    earlier = open_digests([subscriber])[subscriber.pk]
    tastes = Tastes.of([subscriber.pk])
    request = _request(subscriber, earlier, Planning(timezone.now(), newest_release()), Filters(), tastes)
    request = without_had({subscriber.pk: request})[subscriber.pk]
    selection = make(request)
    before = received([subscriber.pk], selection.crossed) if selection.crossed else {}
    return make(_excluding(request, before[subscriber.pk])) if before else selection


def sample(choices: Choices, library: tuple[int, ...] = ()) -> Selection:
    """The first digest that these choices, and a library, would bring now.

    Nothing is stored, no lock is waited for. The papers of the library are ascending.
    """
    filters = filters_of(choices.wanted)
    if library and choices.library_daily:
        filters += (like_library(narrowing(choices.wanted), choices.library_daily),)
    request = SelectionRequest(
        filters,
        after_release=_LATEST,
        through_release=_LATEST,
        seen_through=0,
        first=True,
        language=choices.language,
        library=library,
    )
    return make(with_trending(request, Planning(timezone.now(), _LATEST)))


def plan_batch(
    readers: list[Subscriber], planning: Planning, filters: Filters, planned: Planned, *, first: bool = False
) -> None:
    """Plan the digests of these readers, whose rows are locked, and move the readers on.

    Left out are those with a digest that is being sent at this moment. A reader's `first` digest, or one that
    takes its place, welcomes them; a first one is planned alone, and belongs to no run.
    """
    earlier = open_digests(readers, lock=True)
    claimed = claimed_by_others(earlier)
    readers = [reader for reader in readers if reader.pk not in claimed]
    if not readers:
        return
    filters.load({reader.filter_set_id for reader in readers})
    tastes = Tastes.of([reader.pk for reader in readers])
    requests = {r.pk: _request(r, earlier[r.pk], planning, filters, tastes) for r in readers}
    requests = without_had(requests)
    selections = _selections(requests, planning.selector)
    there = kept({selection.pk for selection in selections.values()})
    readers = [reader for reader in readers if selections[reader.pk].pk in there]  # the others stay due
    slots = _slots(readers)
    run = None if first else planning.run
    rows = [_delivery(reader, slots[reader.pk], selections[reader.pk], run) for reader in readers]
    waiting = [d for r in readers for d in earlier[r.pk] if d.state in WAITING]
    unwelcomed = {d.subscriber_id for d in waiting if d.priority == Delivery.WAITED_FOR}
    for row in rows:
        if first or row.subscriber_id in unwelcomed:
            row.priority = Delivery.WAITED_FOR
    planned.superseded += _supersede(waiting)
    Delivery.objects.bulk_create(rows, batch_size=1000)
    states = Counter(row.state for row in rows)
    planned.pending += states[State.PENDING]
    planned.skipped += states[State.SKIPPED]
    _hand_on(rows, earlier)
    _advance(readers, planning.through_release, planning.now)


def _selections(requests: Mapping[int, SelectionRequest], selector: Selector) -> dict[int, Selection]:
    """Each reader's selection, without papers that they got in a digest before."""
    selections = selector.find_or_make(set(requests.values()))
    crossing = {pk: crossed for pk, request in requests.items() if (crossed := selections[request].crossed)}
    if crossing:
        before = received(crossing, {paper for crossed in crossing.values() for paper in crossed})
        requests = {
            pk: _excluding(request, before.get(pk, set()).intersection(crossing.get(pk, ())))
            for pk, request in requests.items()
        }
        selections |= selector.find_or_make(set(requests.values()) - selections.keys())
    chosen = {pk: selections[request] for pk, request in requests.items()}
    store(chosen.values())
    return chosen


def _excluding(request: SelectionRequest, papers: Collection[int]) -> SelectionRequest:
    return replace(request, excluded=tuple(sorted({*request.excluded, *papers})))


def _slots(readers: Collection[Subscriber]) -> dict[int, datetime]:
    """The moment that each reader's digest is for.

    A moment that had its digest already (the clock, or the schedule, went back) is moved on by as
    little as there is: the reader's row is locked, so nobody else is planning this digest.
    """
    slots = {reader.pk: reader.next_digest_at for reader in readers if reader.next_digest_at}
    planned = Delivery.objects.filter(kind=Delivery.DIGEST, subscriber__in=slots)
    while True:
        taken = planned.filter(due_at__in=set(slots.values())).values_list("subscriber_id", "due_at")
        clashes = [pk for pk, moment in taken if slots[pk] == moment]
        if not clashes:
            return slots
        slots |= {pk: slots[pk] + timedelta(microseconds=1) for pk in clashes}


def _request(
    reader: Subscriber, earlier: Sequence[Delivery], planning: Planning, filters: Filters, tastes: Tastes
) -> SelectionRequest:
    """What this reader's digest covers: from where the last one ended, or one that never went out began."""
    request = tastes.applied(request_for(group_of(reader), planning, filters), reader, filters)
    unsent = [d.selection for d in earlier if d.state != State.UNKNOWN and d.selection]
    lost = [d.selection for d in earlier if d.state == State.UNKNOWN and d.selection]
    carried: list[int] = []
    if unsent and unsent[0].filters == [filter_.stored() for filter_ in request.filters]:
        start = unsent[0]
        request = replace(
            request, after_release=start.after_release, seen_through=start.seen_through, first=start.first
        )
        request = with_trending(request, planning)
        carried = [pk for selection in unsent for pk in selection.carried]
    else:  # filters edited meanwhile do not reach back; what the old ones found is carried over as it was
        lost = [*unsent, *lost]
    carried += [pk for selection in lost for pk in selection.papers]
    became = MergedPaper.became(carried) if carried else {}
    return replace(request, carried=tuple(dict.fromkeys(became.get(pk, pk) for pk in carried)))


def _delivery(reader: Subscriber, slot: datetime, selection: Selection, run: Run | None) -> Delivery:
    """A delivery. Only `due_at` follows the planning clock; sending runs on the real one."""
    now = timezone.now()
    row = Delivery(subscriber=reader, due_at=slot, selection=selection, run=run, not_before=now)
    if selection.is_empty:
        row.state, row.settled_at, row.reason = State.SKIPPED, now, why_empty(selection)
    return row


def _supersede(waiting: Sequence[Delivery]) -> int:
    """Skip digests that never went out: their papers are in the one planned now."""
    return Delivery.objects.filter(pk__in=[d.pk for d in waiting], state__in=WAITING).update(
        state=State.SKIPPED, reason="superseded by the next digest", settled_at=timezone.now()
    )


def _hand_on(rows: Sequence[Delivery], earlier: Mapping[int, Sequence[Delivery]]) -> None:
    """Note which digest carries the papers of each delivery that was stopped or may not have arrived."""
    for row in rows:
        ended = [d.pk for d in earlier[row.subscriber_id] if d.state not in WAITING]
        if ended:
            Delivery.objects.filter(pk__in=ended).update(carried_by=row)


def _advance(readers: Sequence[Subscriber], through_release: int, now: datetime) -> None:
    """Note what each reader's digests now cover and when the next is due, computed once per schedule."""
    by_schedule: dict[Schedule, list[int]] = defaultdict(list)
    for reader in readers:
        by_schedule[reader.schedule].append(reader.pk)
    for schedule, pks in by_schedule.items():
        Subscriber.objects.filter(pk__in=pks).update(
            covered=through_release or None, returning=False, next_digest_at=due_at(schedule, after=now)
        )
