"""Runs of digests: plan, pause, resume and stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db import transaction
from django.db.models import Exists, OuterRef

from digest.selection.trending import release_before
from subscriptions.models import Delivery, Run
from subscriptions.models.delivery import STOPPED
from subscriptions.planning.progress import HELD, UNFINISHED
from subscriptions.planning.waiting import Waiting

State = Delivery.State
RECENT = timedelta(days=7)
HELD_FOR_REFUSALS = timedelta(hours=1)  # each trial may mark readers as refused wrongly
RELAYS_CLOSED = "no relay takes more mail"  # begins why, where that is by their limits, and no failure
BY_OPERATOR = "by the operator"


@dataclass(frozen=True)
class Planning:
    """One planner at work: for the readers due at `now`, with the releases up to `through_release`."""

    now: datetime
    through_release: int

    @cached_property
    def waiting(self) -> Waiting:
        """Which readers wait for a source that is late."""
        return Waiting(self.now)

    @cached_property
    def two_days_ago(self) -> int:
        """The newest release of two days ago or more: later papers compete to be the most upvoted."""
        return release_before(self.now)

    @cached_property
    def run(self) -> Run:
        """Where its digests belong, made with the first of them; one that another planner began is joined."""
        return Run.objects.update_or_create(
            moment=self.now, defaults={"through_release": self.through_release}
        )[0]


def pause(run: Run) -> bool:
    """Send nothing more of this run until somebody resumes it, but for mails in transmission."""
    going = Run.objects.filter(pk=run.pk, state__in=[Run.State.RUNNING, Run.State.PAUSED])
    return bool(going.update(state=Run.State.PAUSED, reason=BY_OPERATOR, resumes_at=None))


def hold(reason: str, until: datetime, run: int | None = None) -> int:
    """Show as paused the runs with waiting deliveries; the outbox deferred these because of the relay.

    With `run` that one alone. A run that an operator paused stays so. Returns how many are shown as paused.
    """
    waiting = Delivery.objects.filter(run=OuterRef("pk"), state__in=Delivery.WAITING)
    by_itself = Run.objects.filter(Exists(waiting)).exclude(state=Run.State.PAUSED, resumes_at=None)
    going = by_itself.filter(state__in=[Run.State.RUNNING, Run.State.PAUSED])
    if run is not None:
        going = going.filter(pk=run)
    return going.update(state=Run.State.PAUSED, reason=reason[:500], resumes_at=until)


def held_for_refusals() -> list[Run]:
    """The runs that are paused because of how many of their readers were refused."""
    paused = Run.objects.filter(state=Run.State.PAUSED, refusals_from__isnull=False)
    return [
        run for run in paused if run.resumes_at and run.resumes_at - HELD_FOR_REFUSALS == run.refusals_from
    ]


def resume(run: Run, now: datetime) -> bool:
    """Go on with a paused run; what was deferred because of the relay is tried now."""
    with transaction.atomic():
        paused = Run.objects.filter(pk=run.pk, state=Run.State.PAUSED)
        resumed = paused.update(state=Run.State.RUNNING, reason="", resumes_at=None)
        if resumed:
            held = Delivery.objects.filter(run=run, state=State.DEFERRED, reason__startswith=HELD)
            held.update(not_before=now)
    return bool(resumed)


def stop(run: Run, now: datetime) -> bool:
    """Skip all that is waiting of this run; its papers are carried over to each reader's next digest."""
    unfinished = Run.objects.filter(pk=run.pk, state__in=[Run.State.RUNNING, Run.State.PAUSED])
    stopped = unfinished.update(state=Run.State.STOPPED, reason=BY_OPERATOR, resumes_at=None)
    if stopped:
        _skip_stopped(now)
    return bool(stopped)


def update_states(now: datetime) -> None:
    """Bring the states of runs up to date, and skip what became waiting again in a stopped run."""
    _skip_stopped(now)
    over = Run.objects.filter(state=Run.State.PAUSED, resumes_at__lte=now)
    over.update(state=Run.State.RUNNING, reason="", resumes_at=None)
    unfinished = Exists(Delivery.objects.filter(run=OuterRef("pk"), state__in=UNFINISHED))
    left = Run.objects.filter(~unfinished, state__in=[Run.State.RUNNING, Run.State.PAUSED])
    left.update(state=Run.State.DONE, reason="", resumes_at=None)
    reopened = Run.objects.filter(unfinished, state=Run.State.DONE, started_at__gt=now - RECENT)
    reopened.update(state=Run.State.RUNNING)


def _skip_stopped(now: datetime) -> None:
    stopped = Run.objects.filter(state=Run.State.STOPPED, started_at__gt=now - RECENT)
    waiting = Delivery.objects.filter(run__in=stopped, state__in=Delivery.WAITING)
    waiting.update(state=State.SKIPPED, reason=STOPPED, settled_at=now)
