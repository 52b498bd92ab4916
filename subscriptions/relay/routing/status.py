"""How each relay fares at the moment, as the operator reads it, and when what waits will have left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from subscriptions.models import Delivery, MailRelay
from subscriptions.relay.routing.budget import Account, Budget, at, left_today, next_day
from subscriptions.relay.routing.configured import Configured, all_configured, is_counted
from subscriptions.relay.routing.forecast import done_at
from subscriptions.relay.routing.ledger import accounts
from subscriptions.relay.routing.limits import WARM_UP_STEPS, daily

OFF, TAKING, USED_UP = "off", "taking mail", "day used up"
HELD, FAILED = "left alone", "to be tried again"


@dataclass(frozen=True, slots=True)
class Status:
    """One relay: its `state`, until when that lasts, and how much of what its day allows it was given.

    `warm_up` is the day of a warm-up, from 1; 0 if there is none, or it is over.
    """

    name: str
    state: str
    until: datetime | None
    used: int
    allowed: int | None
    warm_up: int
    failover: int
    reason: str

    @property
    def today(self) -> str:
        """“312 of 500”."""
        return f"{self.used:,}" if self.allowed is None else f"{self.used:,} of {self.allowed:,}"

    @property
    def bad(self) -> bool:
        return self.state in {HELD, FAILED}


def statuses(now: datetime) -> list[Status]:
    """All relays, those that are switched off too; none where a single one has no limits."""
    relays = _known()
    if not is_counted(relays):
        return []
    rows = {row.name: row for row in MailRelay.objects.filter(name__in=[one.name for one in relays])}
    budgets = accounts(relays)
    return [_status(one, rows.get(one.name), budgets.get(one.name), now) for one in relays]


def forecast(now: datetime, through_run: int | None = None) -> datetime | None:
    """When all mail that waits, or that of the runs up to one, has left at the earliest; None: no limits."""
    relays = [one for one in _known() if one.enabled]
    if not is_counted(relays) or any(not one.limits.any for one in relays):
        return None
    waiting = Delivery.objects.filter(state__in=Delivery.WAITING)
    if through_run is not None:
        waiting = waiting.filter(run__lte=through_run)
    return done_at(waiting.count(), _accounts(relays, now), now)


def _known() -> list[Configured]:
    return all_configured() if settings.EMAIL_RELAYS and not settings.EMAIL_HELD else []


def _accounts(relays: Iterable[Configured], now: datetime) -> list[Account]:
    known = accounts(relays)
    return [known.get(one.name) or Account(one.limits, Budget(now.date(), now)) for one in relays]


def _status(one: Configured, row: MailRelay | None, account: Account | None, now: datetime) -> Status:
    account = account or Account(one.limits, Budget(now.date(), now))
    budget = at(account, now)
    account = Account(one.limits, budget)
    state, until = TAKING, None
    if not one.enabled:
        state = OFF
    elif budget.held_until is not None and budget.held_until > now:
        state, until = HELD, budget.held_until
    elif left_today(account) == 0:
        state, until = USED_UP, next_day(now)
    elif budget.failures:
        state = FAILED
    warming = bool(one.limits.warm_up) and budget.steps < WARM_UP_STEPS
    return Status(
        one.name,
        state,
        until,
        budget.used,
        daily(one.limits, budget.steps),
        budget.steps + 1 if warming else 0,
        one.limits.failover,
        row.reason if row and budget.failures else "",
    )
