"""The budgets of the relays in the database, which all senders share: one row each, changed under a lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from django.db import transaction

from subscriptions.models import MailRelay
from subscriptions.relay.routing import budget
from subscriptions.relay.routing.budget import Account, Budget, Granted
from subscriptions.relay.routing.configured import Configured
from subscriptions.relay.routing.limits import Limits

_STATE = tuple(field.name for field in fields(Budget))


@dataclass(frozen=True, slots=True)
class Report:
    """What a sender did with a relay since it last asked.

    `unused`: mails granted on the day `granted_on` and not sent; `extra`: sent without a grant. `failure`:
    why the relay is to be left for a while; `recovered`: it took a mail.
    """

    unused: int
    extra: int
    granted_on: date
    failure: str
    recovered: bool


def register(relays: Iterable[Configured]) -> None:
    """Make rows for those of EMAIL_URL that have none."""
    names = [one.name for one in relays]
    missing = set(names) - set(MailRelay.objects.filter(name__in=names).values_list("name", flat=True))
    new = [MailRelay(name=name, from_url=True) for name in sorted(missing)]
    MailRelay.objects.bulk_create(new, ignore_conflicts=True)


def accounts(relays: Iterable[Configured]) -> dict[str, Account]:
    """The limits and budgets of these relays."""
    limits = {one.name: one.limits for one in relays}
    return _accounts(MailRelay.objects.filter(name__in=limits), limits)


def take(limits: Mapping[str, Limits], asked: int, now: datetime, reports: Mapping[str, Report]) -> Granted:
    """Note what was done, and take grants for up to `asked` mails (0: for none)."""
    with transaction.atomic():
        rows = list(MailRelay.objects.select_for_update().filter(name__in=limits).order_by("pk"))
        known = _accounts(rows, limits)
        for name in known.keys() & reports.keys():
            known[name] = replace(known[name], budget=_noted(known[name], reports[name], now))
        granted = budget.grant(known, asked, now)
        for row in rows:
            _store(row, granted.budgets[row.name], reports.get(row.name))
    return granted


def _accounts(rows: Iterable[MailRelay], limits: Mapping[str, Limits]) -> dict[str, Account]:
    return {
        row.name: Account(limits[row.name], Budget(**{name: getattr(row, name) for name in _STATE}))
        for row in rows
    }


def _noted(account: Account, report: Report, now: datetime) -> Budget:
    after = budget.at(account, now)
    after = budget.given_back(after, report.unused, report.granted_on)
    after = replace(after, used=after.used + report.extra)
    if report.failure:
        return budget.failed(after, now)
    return budget.recovered(after) if report.recovered else after


def _store(row: MailRelay, after: Budget, report: Report | None) -> None:
    changed = [name for name in _STATE if getattr(row, name) != getattr(after, name)]
    for name in changed:
        setattr(row, name, getattr(after, name))
    if report is not None and report.failure and report.failure != row.reason:
        row.reason = report.failure
        changed.append("reason")
    if changed:
        row.save(update_fields=changed)
