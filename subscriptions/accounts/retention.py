"""What is kept of digests, and for how long: old deliveries become daily figures, in small steps.

What anybody's next digest may ask for stays, however old (docs/decisions/0046-what-is-kept.md): a reader gets
the same papers as if nothing were ever deleted.
"""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from digest.ingestion import old_releases
from digest.models import Release, Revision, Selection, newest_release
from subscriptions.lib.selection_rows import forget_unused
from subscriptions.models import DailyFigure, Delivery, Run, Subscriber
from subscriptions.models.delivery import IS_OPEN, OPEN

STEP = 500  # rows in one transaction: senders and planners wait no longer than that takes
BEHIND = timedelta(days=40)  # more than there is between two monthly digests
State = Delivery.State

_ENDED = [State.ACCEPTED, State.SKIPPED, State.REFUSED, State.UNKNOWN]


@dataclass(slots=True)
class Freed:
    """How many rows went, or would go."""

    deliveries: int = 0
    selections: int = 0
    revisions: int = 0
    releases: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Horizon:
    """What may go at `now`: what was settled `before`, and selections that end before release `had_from`.

    Readers whose digests cover the release `current` or a later one are up to date. Only papers that came out
    with `had_from` or later can match anew for them, so no digest that ends earlier is asked about.
    """

    now: datetime
    before: datetime
    current: int
    had_from: int

    @classmethod
    def at(cls, now: datetime) -> "Horizon":
        before = now - timedelta(days=settings.HISTORY_DAYS)
        newest = newest_release()
        older = Release.objects.filter(released_at__lte=now - BEHIND)
        current = older.aggregate(number=Max("pk"))["number"] or 0
        recent = _least(Release.objects.filter(released_at__gt=before), "pk", newest)
        revised = _least(Revision.objects.filter(release__gt=current), "paper__release", newest)
        return cls(now, before, current, min(newest, current + 1, recent, revised))

    def deliveries(self) -> QuerySet[Delivery]:
        """Those that may go, the oldest first: of who is up to date, but for the last mail that each got."""
        later = Delivery.objects.filter(
            subscriber=OuterRef("subscriber"),
            kind=Delivery.DIGEST,
            due_at__gt=OuterRef("due_at"),
            state=State.ACCEPTED,
        )
        carries = Delivery.objects.filter(carried_by=OuterRef("pk"))  # without it they were open again
        behind = self._going_on().filter(covered__lt=self.current)
        unsent = self._open().filter(selection__after_release__lt=self.current)
        return (
            Delivery.objects.filter(state__in=_ENDED, due_at__lt=self.before, settled_at__lt=self.before)
            .filter(Q(selection__through_release=None) | Q(selection__through_release__lt=self.had_from))
            .filter(~Q(state=State.ACCEPTED) | Exists(later))
            .filter(~OPEN | Q(subscriber__in=self.gone().values("pk")))
            .exclude(Exists(carries))
            .exclude(subscriber__in=behind.values("pk"))
            .exclude(subscriber__in=unsent.values("subscriber"))
            .order_by("due_at", "pk")
        )

    def gone(self) -> QuerySet[Subscriber]:
        """Readers who left so long ago that they start anew if they come back."""
        left = [Subscriber.State.UNSUBSCRIBED, Subscriber.State.REFUSED]
        return Subscriber.objects.filter(state__in=left, left_at__lt=self.before)

    def _going_on(self) -> QuerySet[Subscriber]:
        """Readers whose next digest begins where the last one ended."""
        readers = Subscriber.objects.filter(covered__isnull=False, returning=False)
        return readers.exclude(pk__in=self.gone().values("pk"))

    def _open(self) -> QuerySet[Delivery]:
        """Digests that the reader's next may repeat."""
        return Delivery.objects.filter(IS_OPEN).exclude(subscriber__in=self.gone().values("pk")).order_by()

    def changes_through(self) -> int:
        """The last release whose changes no digest asks for any more, nor one that is kept ends with."""
        old = Delivery.objects.filter(due_at__lt=self.before)
        kept = old.exclude(pk__in=self.deliveries().order_by().values("pk"))
        ends = _least(kept, "selection__through_release", self.had_from)
        begins = _least(self._open(), "selection__after_release", self.had_from)
        covered = _least(self._going_on(), "covered", self.had_from)
        return min(self.had_from - 1, ends - 1, begins, covered)

    def runs(self) -> QuerySet[Run]:
        """Runs that are over and refused nobody; they go once no delivery of theirs is left."""
        over = Run.objects.filter(moment__lt=self.before, state__in=[Run.State.DONE, Run.State.STOPPED])
        return over.filter(refusals=None)


def forget_old(now: datetime, seconds: float = float("inf")) -> Freed:
    """Delete what the setting HISTORY_DAYS no longer keeps, for so long at most. Safe to repeat."""
    horizon, freed, deadline = Horizon.at(now), Freed(), time.monotonic() + seconds
    horizon.gone().filter(covered__isnull=False, returning=False).update(returning=True)
    since = datetime.min.replace(tzinfo=horizon.before.tzinfo)
    while time.monotonic() < deadline:
        started = time.monotonic()
        since, deliveries, selections = _fold(horizon, since)
        freed.deliveries += deliveries
        freed.selections += selections
        if deliveries < STEP:
            _forget_rest(horizon, freed, deadline)
            break
        time.sleep(min(time.monotonic() - started, 1))  # the database is others' for as long
    return freed


def would_free(now: datetime) -> Freed:
    """What `forget_old` would delete now: the selections are those that no other delivery names."""
    horizon = Horizon.at(now)
    old = horizon.deliveries().order_by()
    of_selection = Delivery.objects.filter(selection=OuterRef("pk"))
    of_run = Delivery.objects.filter(run=OuterRef("pk"))
    going = Selection.objects.filter(Exists(old.filter(selection=OuterRef("pk"))))
    through = horizon.changes_through()
    return Freed(
        deliveries=old.count(),
        selections=going.exclude(Exists(of_selection.exclude(pk__in=old.values("pk")))).count(),
        revisions=old_releases.old_revisions(through).count(),
        releases=old_releases.empty_releases(through).count(),
        runs=horizon.runs().exclude(Exists(of_run.exclude(pk__in=old.values("pk")))).count(),
    )


def _fold(horizon: Horizon, since: datetime) -> tuple[datetime, int, int]:
    """One step: the moment that it came to, and how many deliveries and selections went."""
    with transaction.atomic():
        oldest = (
            horizon.deliveries().filter(due_at__gte=since).select_for_update(of=("self",), skip_locked=True)
        )
        rows = list(oldest.values_list("pk", "due_at", "kind", "state", "selection")[:STEP])
        days = Counter((timezone.localtime(due).date(), kind, state) for _, due, kind, state, _ in rows)
        DailyFigure.objects.deleted(days)
        Delivery.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
    named = Selection.objects.filter(pk__in={selection for *_, selection in rows if selection})
    before = named.count()
    forget_unused(named)
    return max((row[1] for row in rows), default=since), len(rows), before - named.count()


def _forget_rest(horizon: Horizon, freed: Freed, deadline: float) -> None:
    """What only old deliveries needed."""
    through = horizon.changes_through()
    while time.monotonic() < deadline:
        runs = list(horizon.runs().filter(deliveries=None).values_list("pk", flat=True)[:STEP])
        Run.objects.filter(pk__in=runs, deliveries=None).delete()
        revisions, releases = old_releases.forget(through, STEP)
        freed.runs += len(runs)
        freed.revisions += revisions
        freed.releases += releases
        if max(len(runs), revisions, releases) < STEP:
            return


def _least(rows: QuerySet[Any], column: str, otherwise: int) -> int:
    """The least value of a column; `otherwise` where there is none."""
    found: int | None = rows.order_by().aggregate(least=Min(column))["least"]
    return otherwise if found is None else found
