"""One pass of a sender: several mails in flight at the relay, one statement at a time at the database.

Each statement records the outcomes so far and begins `handing` for mails of which the relay has everything
but end of data. Once it is committed, end of data is sent; the next envelope follows when its reply is
here. So no more mails are between `handing` and their outcome than there are connections. While the database
executes the statement, replies are received and the next mails composed.
"""

import contextlib
import os
import socket
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from digest.lib.counting import number_of
from digest.models import Heartbeat
from subscriptions.emails.composer import Composer
from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox import outcomes, transitions
from subscriptions.outbox.circuit_breaker import CircuitBreaker, CircuitOpen, relays_closed
from subscriptions.outbox.claiming import BATCH, Claims, Leased
from subscriptions.outbox.domain_pacer import DomainPacer
from subscriptions.outbox.preparing import Prepared, composed
from subscriptions.outbox.rate_limit import allowance
from subscriptions.outbox.transitions import Transition
from subscriptions.outbox.write_batch import WriteBatch
from subscriptions.relay import (
    POLL_TIMEOUT,
    Completed,
    Event,
    Outcome,
    Ready,
    Relay,
    Returned,
    Verdict,
    capabilities,
)

STOP_CHECK_INTERVAL = 0.2  # seconds between looks at `stopped` while EMAIL_RATE delays everything
COMPOSED_AHEAD = 4  # mails ready before the relay has capacity for them
WITHHOLD = 0.02  # seconds that outcomes wait for the mails that are offered: one statement writes both
DATABASE_OUTAGE = 45.0  # seconds for which outcomes are kept in memory while the database is unavailable

State = Delivery.State
_DISCONNECTED = (DatabaseError, InterfaceError)


class Sender:
    def __init__(self, relay: Relay, limit: int | None, stopped: Callable[[], bool]) -> None:
        self._relay = relay
        self._stopped = stopped
        self._worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._composer, self._breaker = Composer(), CircuitBreaker()
        self._smtputf8 = capabilities.offers_smtputf8()
        self._domains = DomainPacer()
        self._claims = Claims(self._worker, limit, self._expect, allowance(relay))
        self._batch = WriteBatch(self._worker)
        # On PostgreSQL the relay works on the other half while the database writes.
        capacity = relay.capacity()
        self._max_handing = max(1, capacity // 2) if connection.vendor == "postgresql" else capacity
        self._prepared: deque[Prepared] = deque()
        self._in_flight: dict[int, Prepared] = {}
        self._counts: Counter[str] = Counter()
        self._circuit_open: CircuitOpen | None = None
        self._renew_at = 0.0

    def deliver(self) -> Counter[str]:
        try:
            while True:
                self._offer()
                if self._in_flight or self._batch.in_flight:
                    self._step()
                elif (delay := self._claims.rate_delay) and not self._stopping():
                    time.sleep(min(delay, STOP_CHECK_INTERVAL))
                else:
                    break
            self._write_all()
            self._domains.flush()
            capabilities.learn(self._relay)
        except _DISCONNECTED:
            self._survive_outage()
            raise
        finally:
            if self._batch.in_flight:  # any other error; without the lease the statement changes nothing
                connection.close()
            with contextlib.suppress(*_DISCONNECTED):  # then the leases expire
                transitions.release(self._worker)
        if (opened := self._circuit_open or relays_closed(self._claims.closed_until)) is not None:
            deferred = transitions.defer_waiting(str(opened), timezone.now(), opened.period, opened.run)
            self._counts[State.DEFERRED] += deferred
        return self._counts

    @property
    def held_run(self) -> bool:
        """Whether this pass ended because of one run."""
        return self._circuit_open is not None and self._circuit_open.run is not None

    def _expect(self, claimed: Sequence[Leased]) -> None:
        self._composer.expect(claimed)
        self._breaker.expect(claimed)
        self._domains.expect(claimed)

    def _stopping(self) -> bool:
        return self._circuit_open is not None or self._stopped()

    def _offer(self) -> None:
        """Offer the next mails, as many as the relay has capacity for."""
        self._offer_prepared()
        while not self._stopping() and self._relay.capacity() and self._prepare(1):
            self._offer_prepared()

    def _offer_prepared(self) -> None:
        """Offer those that are ready: no query comes before their envelopes."""
        while self._prepared and not self._stopping() and self._relay.capacity():
            prepared = self._prepared.popleft()
            key = prepared.mail.key
            # Else its lease has expired, and we claimed it a second time.
            if key not in self._in_flight and not self._batch.contains(key):
                self._in_flight[key] = prepared
                self._relay.offer(prepared.mail)

    def _prepare(self, number: int) -> bool:
        """Claim and compose until `number` mails are ready, if so many wait; whether there is any."""
        while len(self._prepared) < number and not self._stopping():
            if not self._claims.buffered:
                self._await_statement()
            if (leased := self._claims.take()) is None:
                break
            now = timezone.now()
            made = self._domains.deferral(leased, now) or composed(
                leased, self._composer, now, local=self._relay.local, smtputf8=self._smtputf8
            )
            if isinstance(made, Transition):
                self._batch.add(made)
                if len(self._batch) >= BATCH:  # a whole batch gets no mail
                    self._await_statement()
                    self._write()
            else:
                self._prepared.append(Prepared(leased, made))
        return bool(self._prepared)

    def _step(self) -> None:
        """Receive from the relay and the database, and go on with what that allows."""
        ahead = self._claims.buffered and len(self._prepared) < COMPOSED_AHEAD and not self._stopping()
        timeout = 0.0 if ahead else WITHHOLD if len(self._batch) else POLL_TIMEOUT
        for event in self._relay.poll(None if ahead else self._batch.fileno(), timeout):
            self._handle(event)
        if self._circuit_open is not None:
            self._abort_unfinished()
        self._offer_prepared()
        self._write()
        if ahead:  # while the database writes and the relay reads
            self._prepare(COMPOSED_AHEAD)
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + transitions.lease_time().total_seconds() / 4
            self._await_statement()
            transitions.renew(self._worker, timezone.now())
            accepted = self._counts[State.ACCEPTED]
            Heartbeat.objects.beat("sender", timezone.now(), f"{number_of(accepted, 'mail')} accepted")

    def _handle(self, event: Event) -> None:
        if isinstance(event, Ready):
            self._batch.begin_transmit(event.key)
        elif isinstance(event, Completed):
            self._batch.cancel(event.key)
            self._complete(self._in_flight.pop(event.key), event)
        elif isinstance(event, Returned):
            self._retry(self._in_flight.pop(event.key))
        else:
            self._circuit_open = self._circuit_open or CircuitOpen(str(event.error))

    def _complete(self, prepared: Prepared, event: Completed) -> None:
        """Record the outcome of a mail, also with the circuit breaker."""
        if prepared.finished:
            reach("reply read")
        transition = outcomes.after_attempt(prepared.leased, event.outcome, timezone.now())
        self._batch.add(transition)
        error = self._domains.record(prepared.leased, event.outcome, event.error)
        try:
            self._breaker.record(event.outcome, prepared.leased, error)
        except CircuitOpen as opened:
            self._circuit_open = self._circuit_open or opened

    def _retry(self, prepared: Prepared) -> None:
        """Offer a mail again that the relay replied nothing to."""
        if prepared.returned and self._circuit_open is None:
            closed = Outcome(Verdict.DEFERRED, "the relay ended two sessions before it had the message")
            self._complete(prepared, Completed(prepared.mail.key, closed))
        else:
            prepared.returned = True
            self._prepared.appendleft(prepared)

    def _write(self) -> None:
        """Send the next statement and finish mails, as far as that is possible without waiting."""
        self._finish_granted(wait=False)
        while self._worth_writing() and self._batch.send(self._max_handing) and self._batch.fileno() is None:
            self._finish_granted(wait=False)  # it is complete at once

    def _worth_writing(self) -> bool:
        """Not while outcomes are all there is, and the relay will have another mail in a moment."""
        if self._batch.handing or self._batch.overdue(WITHHOLD):
            return True
        return all(prepared.finished for prepared in self._in_flight.values())

    def _await_statement(self) -> None:
        """Before other queries: await the statement in flight, and send end of data where it permits."""
        if self._batch.in_flight:
            self._finish_granted(wait=True)
            for event in self._relay.poll(timeout=0):
                self._handle(event)

    def _finish_granted(self, *, wait: bool) -> None:
        """Send end of data of the mails whose `handing` is committed; unless `wait`, do not wait for that."""
        written = self._batch.receive(wait=wait)
        if written is None:
            return
        self._count(written.outcomes, written.applied)
        if written.outcomes:
            reach("recorded")
        if written.handing:
            reach("handing committed")
        denied = []
        for key in self._in_flight.keys() & written.handing:  # the relay has lost the others meanwhile
            if key in written.applied:
                self._in_flight[key].finished = True
                self._relay.finish(key)
            else:
                self._relay.abort(key)
                denied.append(self._in_flight.pop(key).leased)
        if denied:  # no query before every end of data that was granted is on its way
            made = [outcomes.after_denial(leased, timezone.now()) for leased in denied]
            self._count(made, transitions.write(self._worker, made, timezone.now()))

    def _write_all(self) -> None:
        self._finish_granted(wait=True)
        self._batch.send(self._max_handing)
        self._finish_granted(wait=True)

    def _count(self, made: Sequence[Transition], applied: set[int]) -> None:
        for transition in made:
            self._counts[transition.to if transition.pk in applied else "lost"] += 1

    def _abort_unfinished(self) -> None:
        """Abandon every mail whose end of data was not sent."""
        for key in [key for key, prepared in self._in_flight.items() if not prepared.finished]:
            self._relay.abort(key)
            del self._in_flight[key]
            if not self._batch.cancel(key):
                self._batch.add(Transition(key, State.PENDING))

    def _survive_outage(self) -> None:
        """The database is unavailable: send no further end of data, and record outcomes when it is back."""
        self._batch.requeue_after_disconnect()
        self._abort_unfinished()
        give_up_at = time.monotonic() + DATABASE_OUTAGE
        while True:
            while self._in_flight:
                for event in self._relay.poll():
                    if isinstance(event, Completed):
                        self._complete(self._in_flight.pop(event.key), event)
            try:
                connection.close()
                self._write_all()
            except _DISCONNECTED:
                self._batch.requeue_after_disconnect()
                if time.monotonic() >= give_up_at:
                    return
                time.sleep(0.5)
            else:
                return
