"""Plan: who is due now gets one delivery each.

due readers → wishes → selections (each distinct wish once) → deliveries → next due times

Any number of planners may run at once: a reader's row is locked while planned, and the ledger's
unique constraint has the last word.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from digest.models import Selection, Topic, newest_release
from digest.presets import selecting
from digest.select import Filter, Wish, made, select
from subscriptions import preferences
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.narrowing import narrowed
from subscriptions.preferences import Choices
from subscriptions.schedule import Schedule, due_at

BATCH = 2000
Kind, State = Delivery.Kind, Delivery.State
WAITING = (State.PENDING, State.DEFERRED)
IN_HAND = (State.LEASED, State.HANDING)
_LATEST = 2**62  # after any release there will be


@dataclass(slots=True)
class Planned:
    """How many deliveries a run planned, how many had nothing to say, and how many it superseded."""

    pending: int = 0
    skipped: int = 0
    superseded: int = 0


def plan(now: datetime) -> Planned:
    """Plan one digest for every reader due at `now`, however many they missed; safe to repeat.

    Pauses that have ended by then end first.
    """
    preferences.resume_due(now)
    until = newest_release()
    filters = _Filters()
    planned = Planned()
    last = 0
    while True:
        with transaction.atomic():
            due = Subscriber.objects.due(now).filter(pk__gt=last).order_by("pk")
            readers = list(due.select_for_update(skip_locked=True)[:BATCH])
            if not readers:
                return planned
            last = readers[-1].pk
            _plan_batch(readers, until, now, filters, planned)


def next_selection(subscriber: Subscriber) -> Selection:
    """The selection that this reader's next digest would bring now; nothing is stored."""
    until = newest_release()
    return made([_wish(subscriber, _open_digests([subscriber])[subscriber.pk], until, _Filters())])[0]


def sample(choices: Choices) -> Selection:
    """The first digest that these choices would bring now; nothing is stored, no lock is waited for."""
    filters = filters_of(choices.topics, choices.queries, choices.exclude, choices.least_upvotes)
    return made([Wish(filters, since=_LATEST, until=_LATEST, had=0, first=True)])[0]


def filters_of(
    topics: Collection[Topic], queries: Sequence[str], exclude: Sequence[str] = (), least_upvotes: int = 0
) -> tuple[Filter, ...]:
    """The named queries of what a reader chose: topics in the operator's order, then their own."""

    def narrow(query: str) -> str:
        return narrowed(query, exclude, least_upvotes)

    ordered = sorted(topics, key=lambda t: (t.position, t.name))
    return (
        *(Filter(topic.name, narrow(selecting(topic)), topic.colour) for topic in ordered),
        *(Filter(query, narrow(query), own=True) for query in queries),
    )


class _Filters:
    """The named queries of filter sets, each read once a run."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Filter, ...]] = {}

    def load(self, readers: Collection[Subscriber]) -> None:
        missing = {reader.filter_set_id for reader in readers} - self._known.keys()
        enabled = Prefetch("topics", Topic.objects.filter(enabled=True))
        for filter_set in FilterSet.objects.filter(pk__in=missing).prefetch_related(enabled):
            self._known[filter_set.pk] = filters_of(
                filter_set.topics.all(), filter_set.queries, filter_set.exclude, filter_set.least_upvotes
            )

    def of(self, reader: Subscriber) -> tuple[Filter, ...]:
        if reader.filter_set_id not in self._known:
            self.load([reader])
        return self._known[reader.filter_set_id]


def _plan_batch(
    readers: list[Subscriber], until: int, now: datetime, filters: _Filters, planned: Planned
) -> None:
    earlier = _open_digests(readers, lock=True)
    # A digest in somebody's hands this moment: its end decides what comes next, so ask again later.
    readers = [r for r in readers if not any(d.state in IN_HAND for d in earlier[r.pk])]
    filters.load(readers)
    wishes = {reader.pk: _wish(reader, earlier[reader.pk], until, filters) for reader in readers}
    selections = select(set(wishes.values()))
    slots = _slots(readers)
    rows = [_delivery(reader, slots[reader.pk], selections[wishes[reader.pk]]) for reader in readers]
    planned.superseded += _supersede([d for r in readers for d in earlier[r.pk] if d.state in WAITING])
    Delivery.objects.bulk_create(rows, batch_size=1000)
    planned.pending += sum(row.state == State.PENDING for row in rows)
    planned.skipped += sum(row.state == State.SKIPPED for row in rows)
    _hand_on(rows, earlier)
    _advance(readers, until, now)


def _slots(readers: Collection[Subscriber]) -> dict[int, datetime]:
    """The moment that each reader's digest is for.

    A moment that had its digest already (the clock, or the schedule, went back) is moved on by as
    little as there is: the reader's row is locked, so nobody else is planning this digest.
    """
    slots = {reader.pk: reader.next_digest_at for reader in readers if reader.next_digest_at}
    planned = Delivery.objects.filter(kind=Kind.DIGEST, subscriber__in=slots)
    while True:
        taken = planned.filter(due_at__in=set(slots.values())).values_list("subscriber_id", "due_at")
        clashes = [pk for pk, moment in taken if slots[pk] == moment]
        if not clashes:
            return slots
        slots |= {pk: slots[pk] + timedelta(microseconds=1) for pk in clashes}


def _open_digests(readers: Collection[Subscriber], *, lock: bool = False) -> dict[int, list[Delivery]]:
    """Per reader, the earlier digests that bear on the next: not settled, or unknown and not yet carried.

    Locked, they stay as they are: no worker takes a waiting one while the next digest counts on it.
    """
    found: dict[int, list[Delivery]] = {reader.pk: [] for reader in readers}
    unsettled = Q(state__in=[*WAITING, *IN_HAND]) | Q(state=State.UNKNOWN, carried_by=None)
    rows = Delivery.objects.filter(unsettled, kind=Kind.DIGEST, subscriber__in=found)
    rows = rows.select_related("selection").order_by("pk")
    for delivery in rows.select_for_update(of=("self",)) if lock else rows:
        found[delivery.subscriber_id].append(delivery)
    return found


def _wish(reader: Subscriber, earlier: Sequence[Delivery], until: int, filters: _Filters) -> Wish:
    """What this reader's digest covers: from where the last one ended, or where a superseded one began."""
    wanted = filters.of(reader)
    superseded = [d.selection for d in earlier if d.state in WAITING and d.selection]
    lost = [d.selection for d in earlier if d.state == State.UNKNOWN and d.selection]
    if superseded and superseded[0].filters == [asdict(filter_) for filter_ in wanted]:
        start = superseded[0]
        since, had, first = start.since, start.had, start.first
        carried = [pk for selection in superseded for pk in selection.carried]
    else:  # filters edited meanwhile do not reach back; what the old ones had found rides along as it was
        had = reader.covered or 0
        first = reader.covered is None or reader.returning
        since = until if first else had
        carried, lost = [], [*superseded, *lost]
    carried += [pk for s in lost for pk in [*(item["paper"] for item in s.items), *s.carried]]
    return Wish(wanted, since, until, had, first, reader.language, tuple(dict.fromkeys(carried)))


def _delivery(reader: Subscriber, slot: datetime, selection: Selection) -> Delivery:
    """A row of the ledger. Only `due_at` follows the planning clock; handing over runs on the real one."""
    now = timezone.now()
    row = Delivery(subscriber=reader, due_at=slot, selection=selection, not_before=now)
    if selection.is_empty:
        row.state, row.settled_at, row.reason = State.SKIPPED, now, why_empty(selection)
    return row


def why_empty(selection: Selection) -> str:
    """Why a selection brings no papers, for the operator."""
    if not selection.scanned:
        return "no new papers since the last digest"
    had = f", {selection.already_had} of them had before" if selection.already_had else ""
    return f"nothing matched: {selection.scanned} papers scanned{had}"


def _supersede(waiting: Sequence[Delivery]) -> int:
    """Settle digests that never went out: their papers are in the one planned now."""
    return Delivery.objects.filter(pk__in=[d.pk for d in waiting], state__in=WAITING).update(
        state=State.SKIPPED, reason="superseded by the next digest", settled_at=timezone.now()
    )


def _hand_on(rows: Sequence[Delivery], earlier: Mapping[int, Sequence[Delivery]]) -> None:
    """Note which digest carries the papers of each delivery that may not have arrived."""
    for row in rows:
        unknown = [d.pk for d in earlier[row.subscriber_id] if d.state == State.UNKNOWN]
        if unknown:
            Delivery.objects.filter(pk__in=unknown).update(carried_by=row)


def _advance(readers: Sequence[Subscriber], until: int, now: datetime) -> None:
    """Note what each reader's digests now cover and when the next is due, computed once per schedule."""
    by_schedule: dict[Schedule, list[int]] = defaultdict(list)
    for reader in readers:
        by_schedule[reader.schedule].append(reader.pk)
    for schedule, pks in by_schedule.items():
        Subscriber.objects.filter(pk__in=pks).update(
            covered=until or None, returning=False, next_digest_at=due_at(schedule, after=now)
        )
