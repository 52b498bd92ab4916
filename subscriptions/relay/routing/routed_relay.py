"""Several relays as one: which takes the next mail, and what becomes of mail that one of them did not take.

A mail goes by another relay only while the first certainly does not have it: before its end of data was sent.
Later it is deferred, or unknown; so no reader gets it twice. With a single relay without limits everything
passes through as it is.
"""

import contextlib
import select
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from subscriptions.relay.interface import (
    POLL_TIMEOUT,
    Completed,
    Event,
    Mail,
    Ready,
    Returned,
    Unavailable,
    Watchable,
)
from subscriptions.relay.reply_codes import (
    DomainDeferred,
    DomainSuspected,
    MessageRefused,
    RelayUnavailable,
    Verdict,
)
from subscriptions.relay.routing import ledger
from subscriptions.relay.routing.budget import Granted
from subscriptions.relay.routing.domains import domain_of, may_be_about_domain
from subscriptions.relay.routing.route import Route
from subscriptions.relay.smtp.mail_transaction import LOST

MAX_MESSAGES_REFUSED = 3  # in a row by one relay: then the messages are not the problem
KEPT = 50  # grants: for mails that a sender has claimed and not offered yet
_GATHER = 0.002  # seconds that the first replies wait for those of other relays


class RoutedRelay:
    """The relays of `routes` as one; `counted`: what each is given is counted, and one that fails is left."""

    def __init__(self, routes: Sequence[Route], *, counted: bool) -> None:
        self._routes = routes
        self.counted = counted
        self.local = all(route.relay.local for route in routes)
        self._route_of: dict[int, Route] = {}  # by the keys of the mails in flight
        self._mails: dict[int, Mail] = {}
        self._tried: dict[int, set[str]] = {}  # the relays that did not take a mail
        self._parked: dict[int, Mail] = {}  # mails for which the other relays have no connection yet
        self._finished: set[int] = set()  # mails whose end of data may have been sent
        self._events: list[Event] = []
        self._granted_on = timezone.now().astimezone(UTC).date()
        self._asked = False  # for grants: without them a relay that has limits takes nothing then
        self._lost_grants = False
        self._about_domains: deque[str] = deque(maxlen=16)  # replies, each of which ended a session too

    @property
    def smtputf8(self) -> bool | None:
        known = {route.relay.smtputf8 for route in self._routes}
        return True if True in known else None if None in known else False

    # --- What the sender asks ----------------------------------------------------------------

    def capacity(self) -> int:
        granted = sum(route.grant for route in self._routes)
        if granted:
            free = (_capacity(route, granted) for route in self._in_turn())
            return max(0, min(granted, sum(free)) - len(self._parked))
        return 0 if self._lost_grants else sum(route.relay.capacity() for route in self._first())

    def offer(self, mail: Mail) -> None:
        if not self._begin(mail):
            self._events.append(Returned(mail.key))

    def finish(self, key: int) -> None:
        self._finished.add(key)
        self._route_of[key].relay.finish(key)

    def abort(self, key: int) -> None:
        self._parked.pop(key, None)
        route = self._route_of.get(key)
        if route is not None:
            self._forget(key)
            route.refund()
            route.relay.abort(key)
        self._events = [event for event in self._events if event != Ready(key)]

    def poll(self, wake_fd: int | None = None, timeout: float = POLL_TIMEOUT) -> list[Event]:
        if len(self._routes) == 1:
            waiting = 0.0 if self._events else timeout
            self._handle(self._routes[0], self._routes[0].relay.poll(wake_fd, waiting))
        else:
            self._poll_all(wake_fd, timeout)
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        with contextlib.suppress(DatabaseError, InterfaceError):  # then some grants are lost, until tomorrow
            self._settle(0, timezone.now())
        for route in self._routes:
            route.relay.close()

    # --- Grants ------------------------------------------------------------------------------

    def take(self, most: int, now: datetime) -> Granted:
        """Take grants for up to `most` mails; called only while the database connection is free.

        None after a relay failed: mails that were claimed for it need the grants of others first, so this
        pass of the sender ends, and the next takes new ones.
        """
        if self._lost_grants:
            return Granted({}, {})
        self._asked = True
        granted = self._settle(most, now, keep=KEPT)
        assert granted is not None
        for route in self._routes:
            route.grant += granted.mails.get(route.name, 0)
            route.used_up = route.name not in granted.able
            if route.name in granted.held:  # another sender found that out
                self._lost_grants = bool(route.hold()) or self._lost_grants
            else:
                route.held = False
        return granted

    def starts_anew(self) -> bool:
        """Whether the pass of a sender has ended because a relay failed, and another one may go on."""
        again, self._lost_grants = self._lost_grants, False
        return again and bool(self._first())

    def _settle(self, asked: int, now: datetime, keep: int = 0) -> Granted | None:
        """Tell the ledger what was done, and take new grants; up to so many of the old ones are kept."""
        before, self._granted_on = self._granted_on, now.astimezone(UTC).date()
        reports = {route.name: route.report(before, self._granted_on, keep) for route in self._routes}
        told = {name: report for name, report in reports.items() if report is not None}
        if not self.counted or not (told or asked):
            return None
        return ledger.take({route.name: route.limits for route in self._routes}, asked, now, told)

    # --- Which relay takes a mail ------------------------------------------------------------

    def _begin(self, mail: Mail) -> bool:
        """Offer the mail to the relay that is to have it; False if none can take it now."""
        granted = sum(route.grant for route in self._routes)
        ready = [route for route in self._serving(mail.key) if _capacity(route, granted)]
        if not mail.recipient.isascii():
            ready = [route for route in ready if route.relay.smtputf8 is not False] or ready
        if not ready:
            return False
        chosen = max(ready, key=lambda route: route.grant)
        if granted and not chosen.grant:  # those whose turn it is are busy
            max(self._routes, key=lambda route: route.grant).renounce()
        chosen.use()
        self._mails[mail.key], self._route_of[mail.key] = mail, chosen
        chosen.relay.offer(mail)
        return True

    def _serving(self, key: int) -> list[Route]:
        """The relays that may have this mail, now or when they have a connection for it."""
        tried = self._tried.get(key)
        known = [one for one in self._routes if one.name not in tried] if tried else self._in_turn()
        return [
            route
            for route in known
            if route.able and (route.grant or not self._asked or not route.limits.any)
        ]

    def _in_turn(self) -> list[Route]:
        """The relays that got grants, and those that may take over some of these."""
        levels = [route.limits.failover for route in self._routes if route.grant]
        if not levels:
            return self._first()
        return [route for route in self._routes if not route.held and route.limits.failover <= max(levels)]

    def _first(self) -> list[Route]:
        """The relays whose turn it is, as far as this process knows."""
        able = [route for route in self._routes if route.able]
        level = min((route.limits.failover for route in able), default=0)
        return [route for route in able if route.limits.failover == level]

    # --- What the relays say -----------------------------------------------------------------

    def _poll_all(self, wake_fd: int | None, timeout: float) -> None:
        until, gathering = time.monotonic() + timeout, False
        while True:
            for route in self._routes:
                self._handle(route, route.relay.poll(timeout=0))
            self._place_parked()
            if self._events and not gathering:
                gathering, until = True, min(until, time.monotonic() + _GATHER)
            left = until - time.monotonic()
            if left <= 0 or (self._events and wake_fd is not None):
                return
            if self._wait(wake_fd, left):
                return

    def _wait(self, wake_fd: int | None, timeout: float) -> bool:
        """Wait for any of the connections; True if `wake_fd` is readable, or there is nothing to wait for."""
        poller = select.poll()
        owed = False
        for route in self._routes:
            if isinstance(route.relay, Watchable):
                owed = route.relay.watch(poller) or owed
        if wake_fd is not None:
            poller.register(wake_fd, select.POLLIN)
        elif not owed:
            return True
        return any(fd == wake_fd for fd, _ in poller.poll(timeout * 1000))

    def _handle(self, route: Route, events: list[Event]) -> None:
        """Note what a relay said; what concerns the sender is among `_events` then."""
        if len(self._routes) > 1:  # whether this one is well decides what becomes of them
            events = sorted(events, key=lambda event: isinstance(event, Returned))
        for event in events:
            if isinstance(event, Ready):
                self._events.append(event)
            elif isinstance(event, Completed):
                self._completed(route, event)
            elif isinstance(event, Returned):
                self._returned(route, event)
            else:
                self._unavailable(route, event.error)

    def _unavailable(self, route: Route, error: RelayUnavailable) -> None:
        if any(reply in str(error) for reply in self._about_domains):
            return  # a domain's reply has ended the sessions too
        self._fail(route, error)
        if not self._others(route):
            self._events.append(Unavailable(error))

    def _returned(self, route: Route, event: Returned) -> None:
        mail = self._mails[event.key]
        tried = self._forget(event.key)
        route.refund()
        if self._others(route):
            self._reroute(route, mail, tried)
        else:
            self._events.append(event)

    def _completed(self, route: Route, event: Completed) -> None:
        key, outcome = event.key, event.outcome
        mail, finished = self._mails[key], key in self._finished
        tried = self._forget(key)
        domain = domain_of(mail.recipient)
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):
            if outcome.verdict == Verdict.ACCEPTED:
                route.accepted()
                route.judge.accept(domain, time.monotonic())
            elif event.error is not None:  # a provider that does not answer: the others go on
                self._blame(route, event.error)
                event = Completed(key, outcome) if self._others(route) else event
            self._events.append(event)
            return
        route.refund()
        of_relay = event.error is not None
        if route.judge.about_domain(domain, outcome.answer, time.monotonic(), of_relay=of_relay):
            self._about_domains.append(outcome.answer.partition("rejected: ")[2])
            event = Completed(key, outcome, DomainDeferred(outcome.answer))
        elif of_relay or outcome.answer.startswith(LOST):
            if event.error is not None:
                self._blame(route, event.error)
            if self._others(route):
                if not finished:
                    self._reroute(route, mail, tried)
                    return
                event = Completed(key, outcome)
            elif may_be_about_domain(outcome.answer):
                event = Completed(key, outcome, DomainSuspected(outcome.answer))
        self._events.append(event)

    def _blame(self, route: Route, error: RelayUnavailable) -> None:
        """Leave a relay that accepts nothing from us."""
        route.messages_refused += 1
        if not isinstance(error, MessageRefused) or route.messages_refused >= MAX_MESSAGES_REFUSED:
            self._fail(route, error)

    def _reroute(self, route: Route, mail: Mail, tried: set[str]) -> None:
        """Have a mail that a relay did not take go by another one; the sender is told if there is none."""
        self._tried[mail.key] = tried | {route.name}
        self._parked[mail.key] = mail
        self._place_parked()

    def _place_parked(self) -> None:
        for key, mail in list(self._parked.items()):
            if self._begin(mail):
                del self._parked[key]
            elif not self._serving(key):
                del self._parked[key], self._tried[key]
                self._events.append(Returned(key))

    def _fail(self, route: Route, error: RelayUnavailable) -> None:
        if self.counted:
            route.fail(str(error))
            self._lost_grants = True

    def _others(self, route: Route) -> bool:
        """Whether any other relay may be tried."""
        return any(other is not route and other.able for other in self._routes)

    def _forget(self, key: int) -> set[str]:
        """A mail is not in flight any more; returns the relays that did not take it before."""
        self._mails.pop(key, None)
        self._route_of.pop(key, None)
        self._finished.discard(key)
        return self._tried.pop(key, set())


def _capacity(route: Route, granted: int) -> int:
    """How many of the mails that were `granted` this relay may be offered now.

    Without a limit it may have those for which the others have no connection.
    """
    free = route.relay.capacity()
    return free if not granted or not route.limits.any else min(route.grant, free)
