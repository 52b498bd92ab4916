"""Several relays as one: which takes the next mail, and what becomes of mail that one of them did not take.

A mail goes by another relay only while the first certainly does not have it: before its end of data was sent.
Later it is deferred, or unknown; so no reader gets it twice.
"""

import contextlib
import time
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
)
from subscriptions.relay.reply_codes import MessageRefused, RelayUnavailable, Verdict
from subscriptions.relay.routing import ledger
from subscriptions.relay.routing.budget import Granted
from subscriptions.relay.routing.choice import capacity_of, first, in_turn, serving, wait_for_any
from subscriptions.relay.routing.domains import domain_of
from subscriptions.relay.routing.route import Route
from subscriptions.relay.routing.single_relay import SessionsEnded, suspected
from subscriptions.relay.smtp.mail_transaction import LOST

MAX_MESSAGES_REFUSED = 3  # in a row by one relay: then the messages are not the problem
KEPT = 50  # grants: for mails that a sender has claimed and not offered yet
_GATHER = 0.002  # seconds that the first replies wait for those of other relays


class RoutedRelay:
    """The relays of `routes` as one: what each is given is counted, and one that fails is left."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
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
        self._ended = SessionsEnded()

    @property
    def smtputf8(self) -> bool | None:
        known = {route.relay.smtputf8 for route in self._routes}
        return True if True in known else None if None in known else False

    # --- What the sender asks ----------------------------------------------------------------

    def capacity(self) -> int:
        granted = sum(route.grant for route in self._routes)
        if granted:
            free = (capacity_of(route, granted) for route in in_turn(self._routes))
            return max(0, min(granted, sum(free)) - len(self._parked))
        return 0 if self._lost_grants else sum(route.relay.capacity() for route in first(self._routes))

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

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        until, gathering = time.monotonic() + timeout, False
        while True:
            for route in self._routes:
                self._handle(route, route.relay.poll(timeout=0))
            self._place_parked()
            if self._events and not gathering:
                gathering, until = True, min(until, time.monotonic() + _GATHER)
            left = until - time.monotonic()
            if left <= 0 or not wait_for_any(self._routes, left):
                break
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
        return again and bool(first(self._routes))

    def _settle(self, asked: int, now: datetime, keep: int = 0) -> Granted | None:
        """Tell the ledger what was done, and take new grants; up to so many of the old ones are kept."""
        before, self._granted_on = self._granted_on, now.astimezone(UTC).date()
        reports = {route.name: route.report(before, self._granted_on, keep) for route in self._routes}
        told = {name: report for name, report in reports.items() if report is not None}
        if not (told or asked):
            return None
        return ledger.take({route.name: route.limits for route in self._routes}, asked, now, told)

    # --- Which relay takes a mail ------------------------------------------------------------

    def _begin(self, mail: Mail) -> bool:
        """Offer the mail to the relay that is to have it; False if none can take it now."""
        granted = sum(route.grant for route in self._routes)
        ready = [
            route
            for route in serving(self._routes, self._tried.get(mail.key), asked=self._asked)
            if capacity_of(route, granted)
        ]
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

    # --- What the relays say -----------------------------------------------------------------

    def _handle(self, route: Route, events: list[Event]) -> None:
        """Note what a relay said; what concerns the sender is among `_events` then."""
        # Whether the relay is well decides what becomes of mail that it returned.
        for event in sorted(events, key=lambda event: isinstance(event, Returned)):
            if isinstance(event, Ready):
                self._events.append(event)
            elif isinstance(event, Completed):
                self._completed(route, event)
            elif isinstance(event, Returned):
                self._returned(route, event)
            else:
                self._unavailable(route, event)

    def _unavailable(self, route: Route, event: Unavailable) -> None:
        if self._ended.explain(event):
            return
        self._fail(route, event.error)
        if not self._others(route):
            self._events.append(event)

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
        judged = self._ended.judged(route.judge, domain, event)
        if judged is event and (event.error is not None or outcome.answer.startswith(LOST)):
            if event.error is not None:
                self._blame(route, event.error)
            if self._others(route):
                if not finished:
                    self._reroute(route, mail, tried)
                    return
                judged = Completed(key, outcome)
            else:
                judged = suspected(event)
        self._events.append(judged)

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
            elif not serving(self._routes, self._tried.get(key), asked=self._asked):
                del self._parked[key], self._tried[key]
                self._events.append(Returned(key))

    def _fail(self, route: Route, error: RelayUnavailable) -> None:
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
