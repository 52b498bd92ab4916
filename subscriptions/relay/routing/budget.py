"""How much mail each relay is given next, and which of them may be given any. Pure.

A sender asks for some mails at a time, and gets grants: so many for this relay, so many for that one.
What it does not use it gives back. All senders share the budgets (subscriptions/relay/routing/ledger.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from subscriptions.relay.routing.limits import Limits, daily, step_after

FIRST_HOLD = timedelta(minutes=1)
LONGEST_HOLD = timedelta(minutes=15)
LAG = 10.0  # turns by which a relay that was away is served before the others


@dataclass(frozen=True, slots=True)
class Budget:
    """What one relay has been given, and what came of it.

    `used`: the mails of `day` (UTC). `tokens`: of its rate, at `refilled_at`. `turn`: how much of its
    share it had. `failures`: in a row, the last at `failed_at`; until `held_until` it is left alone.
    """

    day: date
    refilled_at: datetime
    used: int = 0
    steps: int = 0
    tokens: float = 1.0
    turn: float = 0.0
    failures: int = 0
    failed_at: datetime | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One relay's limits and budget."""

    limits: Limits
    budget: Budget


@dataclass(frozen=True, slots=True)
class Granted:
    """So many mails for each relay, and the budgets after that.

    `able` are those that take mail at all; `held` those that failed.

    If there are none: `wait` in seconds until a rate permits one, else `until` when a relay may be tried.
    """

    mails: Mapping[str, int]
    budgets: Mapping[str, Budget]
    able: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    wait: float = 0.0
    until: datetime | None = None


def at(account: Account, now: datetime) -> Budget:
    """The budget as it is at `now`: on a new day nothing is used, and tokens have come since."""
    limits, budget = account.limits, account.budget
    if budget.day < (today := now.astimezone(UTC).date()):
        steps = step_after(limits, budget.steps, budget.used)
        budget = replace(budget, day=today, used=0, steps=steps)
    if limits.rate and now > budget.refilled_at:
        come = (now - budget.refilled_at).total_seconds() * limits.rate
        budget = replace(budget, tokens=min(max(1.0, limits.rate), budget.tokens + come), refilled_at=now)
    return budget


def left_today(account: Account) -> int | None:
    """How many more mails its day allows; None if there is no such limit."""
    allowed = daily(account.limits, account.budget.steps)
    return None if allowed is None else max(0, allowed - account.budget.used)


def next_day(now: datetime) -> datetime:
    """When the day of quotas ends: at midnight UTC."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


def failed(budget: Budget, now: datetime) -> Budget:
    """After the relay failed: it is left for a minute, and for longer each time it fails again."""
    hold = min(FIRST_HOLD * 2 ** min(budget.failures, 10), LONGEST_HOLD)
    return replace(budget, failures=budget.failures + 1, failed_at=now, held_until=now + hold)


def recovered(budget: Budget) -> Budget:
    """After the relay took a mail."""
    return replace(budget, failures=0, held_until=None)


def usable(accounts: Mapping[str, Account], now: datetime) -> set[str]:
    """The relays that may be tried at `now`.

    A hold grows only while others carry the mail: if all are held, each is tried a minute after it failed.
    """
    free = {name for name, one in accounts.items() if _free_at(one) <= now}
    if any(left_today(accounts[name]) != 0 for name in free):
        return free
    return free | {name for name, one in accounts.items() if _retry_at(one) <= now}


def grant(accounts: Mapping[str, Account], asked: int, now: datetime) -> Granted:
    """Divide up to `asked` mails among the relays, one by one, each to the one whose turn it is.

    Of relays that may be tried and have not reached the limit of their day, those of the lowest failover get
    all mail: that they have no token for the moment is no failure.
    """
    known = {name: replace(one, budget=at(one, now)) for name, one in accounts.items()}
    tried = usable(known, now)
    held = frozenset(known.keys() - tried)
    able = frozenset(name for name in tried if left_today(known[name]) != 0)
    budgets = {name: one.budget for name, one in known.items()}
    if not able:
        return Granted({}, budgets, held=held, until=_again_at(known, now))
    level = min(known[name].limits.failover for name in able)
    serving = sorted(name for name in able if known[name].limits.failover == level)
    highest = max(budgets[name].turn for name in serving)
    for name in serving:
        budgets[name] = replace(budgets[name], turn=max(budgets[name].turn, highest - LAG))
    mails = dict.fromkeys(serving, 0)
    for _ in range(asked):
        ready = [name for name in serving if _may_take(known[name].limits, budgets[name], mails[name])]
        if not ready:
            break
        name = min(ready, key=lambda one: (budgets[one].turn, one))
        mails[name] += 1
        budgets[name] = _charged(known[name].limits, budgets[name])
    given = {name: number for name, number in mails.items() if number}
    wait = _wait(known, serving) if asked and not given else 0.0
    return Granted(given, budgets, able, held, wait)


def given_back(budget: Budget, mails: int, day: date) -> Budget:
    """After so many mails granted on `day` were not sent."""
    if budget.day != day:
        return budget
    return replace(budget, used=max(0, budget.used - mails))


def _may_take(limits: Limits, budget: Budget, given: int) -> bool:
    """Whether it may be given one more; a relay that failed is first tried with a single mail."""
    if budget.failures and given:
        return False
    return (not limits.rate or budget.tokens >= 1) and left_today(Account(limits, budget)) != 0


def _charged(limits: Limits, budget: Budget) -> Budget:
    tokens = budget.tokens - 1 if limits.rate else budget.tokens
    return replace(budget, used=budget.used + 1, tokens=tokens, turn=budget.turn + 1 / limits.share)


def _wait(accounts: Mapping[str, Account], serving: list[str]) -> float:
    return min((1 - accounts[name].budget.tokens) / accounts[name].limits.rate for name in serving)


def _free_at(account: Account) -> datetime:
    return account.budget.held_until or datetime.min.replace(tzinfo=UTC)


def _retry_at(account: Account) -> datetime:
    failed_at, held_until = account.budget.failed_at, _free_at(account)
    return min(held_until, failed_at + FIRST_HOLD) if failed_at else held_until


def _again_at(accounts: Mapping[str, Account], now: datetime) -> datetime:
    """When the first of these relays, none of which may be given mail at `now`, may be tried again."""
    moments = (
        next_day(now) if left_today(one) == 0 else max(now, _retry_at(one)) for one in accounts.values()
    )
    return min(moments, default=next_day(now))
