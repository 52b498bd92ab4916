"""When a domain of recipients may have its next mails, and whether a reply is about it. Pure.

A relay that hands mail on at once answers for the servers behind it: its 421 or 4.7.x may be the word of one
domain, which gets too much mail from us, and no reason to keep that of others.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

FIRST_HOLD = timedelta(minutes=2)  # longer than everything waits for a relay: others are tried before it
LONGEST_HOLD = timedelta(hours=1)
PROBE = timedelta(
    seconds=30
)  # how long the others wait while one mail tries whether the domain takes mail again
BURST = 60.0  # seconds of the rate that a bucket holds: mails that wait are looked at now and then
EVIDENCE = 60.0  # seconds for which mail that others accepted shows that the relay is well
TOO_MANY = 3  # domains that refuse one after the other are no coincidence: it is the relay
IN_A_ROW = 3  # refusals of single mails by 4.7.x, after which it is about the domain

_REFUSED = re.compile(r"(?:RCPT TO|end of data) rejected: (421\b|4\d\d[ -]#?4\.7\.\d+)(.*)", re.DOTALL)
_ADDRESS = re.compile(r"\S+@\S+")
_GREYLISTED = re.compile(r"gr[ae]y-?list|try again later", re.IGNORECASE)  # about one recipient, and passes


@dataclass(frozen=True, slots=True)
class Pace:
    """How a domain fares: `failures` in a row, until `held_until` it gets nothing; `tokens` of its rate.

    `queued_until`: the last moment that was given to a mail which has to wait for the rate.
    """

    tokens: float
    refilled_at: datetime
    queued_until: datetime
    failures: int = 0
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The first `now` mails may be sent; each of the others is to wait until its moment of `later`."""

    now: int
    later: tuple[datetime, ...]
    pace: Pace


def fresh(now: datetime, rate: float) -> Pace:
    """The pace of a domain of which nothing is known."""
    return Pace(tokens=max(1.0, rate * BURST), refilled_at=now, queued_until=now)


def admit(pace: Pace, rate: float, mails: int, now: datetime) -> Admitted:
    """Which of so many mails to the domain may be sent at `now`; `rate` in mails a second, 0 for none."""
    most = max(1.0, rate * BURST)
    since = max(0.0, (now - pace.refilled_at).total_seconds())
    pace = replace(pace, tokens=min(most, pace.tokens + since * rate), refilled_at=max(now, pace.refilled_at))
    if pace.held_until is not None and pace.held_until > now:
        return Admitted(0, (pace.held_until,) * mails, pace)
    free = min(mails, int(pace.tokens)) if rate else mails
    if pace.failures:
        free = min(free, 1)
    if rate:
        pace = replace(pace, tokens=pace.tokens - free)
    waiting = mails - free
    if pace.failures or not rate:
        return Admitted(free, (now + PROBE,) * waiting, pace)
    first = max(pace.queued_until, now)
    later = tuple(first + timedelta(seconds=(place + 1) / rate) for place in range(waiting))
    return Admitted(free, later, replace(pace, queued_until=later[-1]) if later else pace)


def refused(pace: Pace, now: datetime) -> Pace:
    """After the domain had us told to come later. Refusals during a hold are of mails sent before it."""
    if pace.held_until is not None and pace.held_until > now:
        return pace
    hold = min(FIRST_HOLD * 2 ** min(pace.failures, 10), LONGEST_HOLD)
    return replace(pace, failures=pace.failures + 1, held_until=now + hold)


def suspected(pace: Pace, now: datetime) -> Pace:
    """After a refusal that may be the relay's word to everybody: another domain is to be tried next."""
    return replace(
        pace, failures=max(1, pace.failures), held_until=max(now + FIRST_HOLD, pace.held_until or now)
    )


def accepted(pace: Pace) -> Pace:
    """After the domain took a mail."""
    return replace(pace, failures=0, held_until=None)


def may_be_about_domain(answer: str) -> bool:
    """Whether an answer that ends the session may be about the recipient's domain."""
    found = _REFUSED.match(answer)
    return found is not None and found[1] == "421"


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


@dataclass(slots=True)
class Judge:
    """The replies of one relay, by which a domain that wants less mail differs from a relay that does.

    `at` is in seconds of any clock.
    """

    _accepted: dict[str, float] = field(default_factory=dict)  # the last two domains that took mail, and when
    _refusing: set[str] = field(default_factory=set)  # since the last mail that was accepted
    _in_a_row: dict[str, int] = field(default_factory=dict)

    def accept(self, domain: str, at: float) -> None:
        self._accepted.pop(domain, None)
        self._accepted[domain] = at
        if len(self._accepted) > 2:
            del self._accepted[next(iter(self._accepted))]
        self._refusing.clear()
        self._in_a_row.pop(domain, None)

    def about_domain(self, domain: str, answer: str, at: float, *, of_relay: bool) -> bool:
        """Whether this answer is about the domain; `of_relay`: else it is about us, not one mail."""
        found = _REFUSED.match(answer)
        if found is None or not (found[1].startswith("421") or not _GREYLISTED.search(found[2])):
            return False
        if not of_relay:
            self._in_a_row[domain] = self._in_a_row.get(domain, 0) + 1
            if self._in_a_row[domain] < IN_A_ROW:
                return False
        self._refusing.add(domain)
        if len(self._refusing) >= TOO_MANY:
            return False
        named = re.search(rf"(?<![\w-]){re.escape(domain)}(?![\w-])", _ADDRESS.sub("", found[2]).lower())
        return named is not None or any(
            other != domain and at - moment <= EVIDENCE for other, moment in self._accepted.items()
        )
