"""How much mail each recipients' domain gets: by DOMAIN_RATES, and less after it had us told to come later.

How a domain fares is a row that all senders share. What replies say is kept in memory until the database is
free: a sender's statement may be in flight.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from subscriptions.emails.addressing import recipient
from subscriptions.emails.letters import LETTER_OF
from subscriptions.models import Delivery, RecipientDomain
from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.transitions import Transition
from subscriptions.relay import DomainDeferred, DomainSuspected, Outcome, RelayUnavailable, Verdict
from subscriptions.relay.routing import domains
from subscriptions.relay.routing.domains import Pace, domain_of

LOOK_AGAIN = 5.0  # seconds after which another sender's refusals are known here
_STATE = tuple(field.name for field in fields(Pace))


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What a domain's last reply was, since the database was told: a refusal, or that it took a mail."""

    at: datetime
    refusal: str
    certain: bool = True


class DomainPacer:
    """The domains of one pass of a sender."""

    def __init__(self) -> None:
        self._learnt: dict[str, _Learnt] = {}
        self._later: dict[int, tuple[datetime, str]] = {}  # by delivery
        self._slowed: set[str] = set()  # domains that refused and have not taken a mail since
        self._look_again_at = 0.0

    def expect(self, claimed: Sequence[Leased]) -> None:
        """Decide which of these are to wait; called while the database connection is free."""
        now = timezone.now()
        self.flush()
        if time.monotonic() >= self._look_again_at:
            self._look_again_at = time.monotonic() + LOOK_AGAIN
            slowed = RecipientDomain.objects.filter(failures__gt=0)
            self._slowed = set(slowed.values_list("domain", flat=True))
        self._later.clear()
        limited = self._slowed | settings.DOMAIN_RATES.keys()
        if not limited:
            return
        of_domain: dict[str, list[int]] = defaultdict(list)
        for leased in claimed:
            if (domain := _domain(leased)) in limited:
                of_domain[domain].append(leased.pk)
        if of_domain:
            self._admit(of_domain, now)

    def deferral(self, leased: Leased, now: datetime) -> Transition | None:
        """What becomes of a delivery whose domain has to wait; None if it may be sent."""
        if leased.pk in self._later:
            retry_at, why = self._later.pop(leased.pk)
        elif (learnt := self._learnt.get(_domain(leased))) is not None and learnt.refusal:
            retry_at, why = now + domains.FIRST_HOLD, _why(_domain(leased), learnt.refusal)
        else:
            return None
        return Transition(leased.pk, Delivery.State.DEFERRED, why, retry_at)

    def record(
        self, leased: Leased, outcome: Outcome, error: RelayUnavailable | None
    ) -> RelayUnavailable | None:
        """Note what a reply says about the domain; returns the error, if it is about the relay."""
        if isinstance(error, DomainDeferred | DomainSuspected):
            certain, domain = isinstance(error, DomainDeferred), _domain(leased)
            self._learnt[domain] = _Learnt(timezone.now(), outcome.answer, certain)
            self._slowed.add(domain)
            return None if certain else error
        if self._slowed and outcome.verdict == Verdict.ACCEPTED:
            domain = _domain(leased)
            if domain in self._slowed:
                self._learnt.setdefault(domain, _Learnt(timezone.now(), ""))
        return error

    def flush(self) -> None:
        """Store what was learnt; called while the database connection is free."""
        learnt, self._learnt = self._learnt, {}
        if not learnt:
            return
        with transaction.atomic():
            for row in _rows(sorted(learnt)):
                one = learnt[row.domain]
                if one.refusal:
                    after = domains.refused if one.certain else domains.suspected
                    _store(row, after(_pace(row), one.at), one.refusal)
                else:
                    _store(row, domains.accepted(_pace(row)))
                    self._slowed.discard(row.domain)

    def _admit(self, of_domain: dict[str, list[int]], now: datetime) -> None:
        with transaction.atomic():
            for row in _rows(sorted(of_domain)):
                keys, rate = of_domain[row.domain], settings.DOMAIN_RATES.get(row.domain, 0.0)
                admitted = domains.admit(_pace(row), rate, len(keys), now)
                why = _why(row.domain, row.reason if row.failures else "its limit in DOMAIN_RATES")
                waiting = keys[admitted.now :]
                self._later |= {key: (at, why) for key, at in zip(waiting, admitted.later, strict=True)}
                _store(row, admitted.pace)


def _domain(leased: Leased) -> str:
    """The domain that a delivery goes to; none for a letter that this version does not know."""
    return domain_of(recipient(leased)) if leased.kind in LETTER_OF else ""


def _rows(names: Sequence[str]) -> list[RecipientDomain]:
    """The rows of these domains, locked in the same order by all; who has none gets one."""
    known = set(RecipientDomain.objects.filter(domain__in=names).values_list("domain", flat=True))
    if missing := [name for name in names if name not in known]:
        now = timezone.now()
        new = [_row(name, domains.fresh(now, settings.DOMAIN_RATES.get(name, 0.0))) for name in missing]
        RecipientDomain.objects.bulk_create(new, ignore_conflicts=True)
    return list(RecipientDomain.objects.select_for_update().filter(domain__in=names).order_by("domain"))


def _row(name: str, pace: Pace) -> RecipientDomain:
    return RecipientDomain(domain=name, **{field: getattr(pace, field) for field in _STATE})


def _pace(row: RecipientDomain) -> Pace:
    return Pace(**{field: getattr(row, field) for field in _STATE})


def _store(row: RecipientDomain, pace: Pace, reason: str = "") -> None:
    for field in _STATE:
        setattr(row, field, getattr(pace, field))
    row.reason = reason[:500] or row.reason
    row.save(update_fields=[*_STATE, "reason"])


def _why(domain: str, reason: str) -> str:
    return f"{domain} waits, others do not: {reason}"
