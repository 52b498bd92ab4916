"""When mail that waits will have left, by the limits of the relays. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from subscriptions.relay.routing.budget import Account, at, left_today, next_day

HORIZON = 366  # days


def done_at(waiting: int, accounts: Iterable[Account], now: datetime) -> datetime | None:
    """When so many mails have left, if relays take all that they are allowed; None if nothing limits them.

    Never earlier than the limits permit; relays that fail, and mail that is planned meanwhile, make it later.
    """
    relays = [replace(account, budget=at(account, now)) for account in accounts]
    moment = now
    for _ in range(HORIZON):
        end = next_day(moment)
        left = _allowed(relays, (end - moment).total_seconds())
        if left is None:
            return None if moment == now else moment
        if waiting <= left:
            return moment + _duration(waiting, relays, end - moment)
        waiting -= left
        relays = [_on_next_day(account, (end - moment).total_seconds(), end) for account in relays]
        moment = end
    return moment


def _allowed(relays: Sequence[Account], seconds: float) -> int | None:
    """How many mails all of these may take in the rest of a day of so many seconds; None if any number."""
    total = 0
    for account in relays:
        by_day, rate = left_today(account), account.limits.rate
        if by_day is None and not rate:
            return None
        total += _taken(account, seconds)
    return total


def _taken(account: Account, seconds: float) -> int:
    by_day, rate = left_today(account), account.limits.rate
    by_rate = int(seconds * rate) if rate else None
    return min(number for number in (by_day, by_rate) if number is not None)


def _duration(waiting: int, relays: Sequence[Account], longest: timedelta) -> timedelta:
    """How long so many mails take, which the rest of this day allows: only rates take time."""
    at_once = sum(left_today(account) or 0 for account in relays if not account.limits.rate)
    if waiting <= at_once:
        return timedelta()
    low, high = 0.0, longest.total_seconds()
    while high - low > 1:
        middle = (low + high) / 2
        if (_allowed(relays, middle) or 0) >= waiting:
            high = middle
        else:
            low = middle
    return timedelta(seconds=round(high))


def _on_next_day(account: Account, seconds: float, day: datetime) -> Account:
    used = account.budget.used + _taken(account, seconds)
    return replace(account, budget=at(replace(account, budget=replace(account.budget, used=used)), day))
