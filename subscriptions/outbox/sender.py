"""One pass of a sender: several mails in flight at the relay, claimed and recorded by the batch.

Once the relay has all of a mail but end of data, the ledger says whether it may go: by the journal, or by a
statement to the database. So no more mails are between that and their outcome than there are connections.
Their replies are received and recorded, and meanwhile the next mails composed.
"""

import time
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
from subscriptions.outbox.journal.file import JournalFile
from subscriptions.outbox.journal.machine import sender_name
from subscriptions.outbox.leases import lease_time
from subscriptions.outbox.ledger import WITHHOLD, Ledger
from subscriptions.outbox.preparing import Prepared, composed
from subscriptions.outbox.rate_limit import allowance
from subscriptions.outbox.transitions import Transition
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
GATHER = 0.002  # seconds that the first mail ready waits for others, where a statement permits them together
DATABASE_OUTAGE = 45.0  # seconds for which outcomes are kept in memory while the database is unavailable

State = Delivery.State
_DISCONNECTED = (DatabaseError, InterfaceError)


class Sender:
    """With a `journal`, it is discarded once the database knows all of it."""

    def __init__(
        self, relay: Relay, limit: int | None, stopped: Callable[[], bool], journal: JournalFile | None = None
    ) -> None:
        self._relay = relay
        self._stopped = stopped
        self._worker = journal.name if journal else sender_name(None)
        self._ledger = Ledger(self._worker, journal)
        self._composer, self._breaker = Composer(), CircuitBreaker()
        self._smtputf8 = capabilities.offers_smtputf8()
        self._domains = DomainPacer()
        self._claims = Claims(
            self._worker, limit, self._expect, allowance(relay), handing=journal is not None
        )
        self._prepared: deque[Prepared] = deque()
        self._in_flight: dict[int, Prepared] = {}
        self._ready: list[int] = []
        self._circuit_open: CircuitOpen | None = None
        self._renew_at = 0.0

    def deliver(self) -> Counter[str]:
        try:
            while True:
                self._offer()
                if self._in_flight:
                    self._step()
                elif (delay := self._claims.rate_delay) and not self._stopping():
                    self._ledger.write()
                    time.sleep(min(delay, STOP_CHECK_INTERVAL))
                else:
                    break
            self._ledger.write()
            self._domains.flush()
            capabilities.learn(self._relay)
        except _DISCONNECTED:
            self._survive_outage()
            raise
        finally:
            self._release()
        counts = self._ledger.counts
        if (opened := self._circuit_open or relays_closed(self._claims.closed_until)) is not None:
            deferred = transitions.defer_waiting(str(opened), timezone.now(), opened.period, opened.run)
            counts[State.DEFERRED] += deferred
        return counts

    def _release(self) -> None:
        journal = self._ledger.journal
        try:
            self._ledger.release()
            if journal is not None and not self._in_flight:
                journal.discard()
        except _DISCONNECTED:  # then the leases expire, or the journal is settled
            pass
        finally:
            if journal is not None:
                journal.close()

    @property
    def journal_failed(self) -> bool:
        """Whether this pass ended because nothing more could be written to its journal."""
        return self._ledger.unwritable

    @property
    def held_run(self) -> bool:
        """Whether this pass ended because of one run."""
        return self._circuit_open is not None and self._circuit_open.run is not None

    def _expect(self, claimed: Sequence[Leased]) -> None:
        self._ledger.hold(claimed)
        self._composer.expect(claimed)
        self._breaker.expect(claimed)
        self._domains.expect(claimed)

    def _stopping(self) -> bool:
        return self._circuit_open is not None or self._ledger.unwritable or self._stopped()

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
            if key not in self._in_flight and key not in self._ledger:
                self._in_flight[key] = prepared
                self._relay.offer(prepared.mail)

    def _prepare(self, number: int) -> bool:
        """Claim and compose until `number` mails are ready, if so many wait; whether there is any."""
        while len(self._prepared) < number and not self._stopping():
            if not self._claims.buffered:
                self._ledger.write()
            if (leased := self._claims.take()) is None:
                break
            now = timezone.now()
            made = self._domains.deferral(leased, now) or composed(
                leased, self._composer, now, local=self._relay.local, smtputf8=self._smtputf8
            )
            if isinstance(made, Transition):
                self._ledger.add(made)
                if len(self._ledger) >= BATCH:  # a whole batch gets no mail
                    self._ledger.write()
            else:
                self._prepared.append(Prepared(leased, made))
        return bool(self._prepared)

    def _step(self) -> None:
        """Receive from the relay, and go on with what that allows."""
        ahead = self._claims.buffered and len(self._prepared) < COMPOSED_AHEAD and not self._stopping()
        timeout = 0.0 if ahead else WITHHOLD if self._ready or len(self._ledger) else POLL_TIMEOUT
        for event in self._events(timeout):
            self._handle(event)
        if self._circuit_open is not None:
            self._abort_unfinished()
        self._offer_prepared()
        self._permit()
        if self._worth_writing():
            self._ledger.write()
        if ahead:  # while the relay reads
            self._prepare(COMPOSED_AHEAD)
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + lease_time().total_seconds() / 4
            transitions.renew(self._worker)
            accepted = self._ledger.counts[State.ACCEPTED]
            Heartbeat.objects.beat("sender", timezone.now(), f"{number_of(accepted, 'mail')} accepted")

    def _events(self, timeout: float) -> list[Event]:
        """What the relay said. Without a journal the first waits for others: one statement has them all."""
        events = self._relay.poll(timeout=timeout)
        until = time.monotonic() + GATHER
        while events and timeout and self._ledger.journal is None and (left := until - time.monotonic()) > 0:
            more = self._relay.poll(timeout=left)
            if not more:
                break
            events += more
        return events

    def _handle(self, event: Event) -> None:
        if isinstance(event, Ready):
            self._ready.append(event.key)
        elif isinstance(event, Completed):
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
        self._ledger.reply(transition)
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

    def _permit(self) -> None:
        """Send end of data of the mails that are ready, where the ledger permits it."""
        ready = [
            key for key in self._ready if key in self._in_flight
        ]  # the relay has lost the others meanwhile
        self._ready = []
        if not ready:
            return
        permitted = self._ledger.permit([self._in_flight[key].leased for key in ready])
        denied = []
        for key in ready:
            if key in permitted:
                self._in_flight[key].finished = True
                self._relay.finish(key)
            else:
                self._relay.abort(key)
                denied.append(self._in_flight.pop(key).leased)
        if self._ledger.unwritable:
            return  # these wait again
        for leased in denied:
            self._ledger.add(outcomes.after_denial(leased, timezone.now()))

    def _worth_writing(self) -> bool:
        """Not, without a journal, while outcomes are all there is and the relay has another mail soon."""
        if self._ledger.overdue:
            return True
        return self._ledger.journal is None and all(one.finished for one in self._in_flight.values())

    def _abort_unfinished(self) -> None:
        """Abandon every mail whose end of data was not sent."""
        for key in [key for key, prepared in self._in_flight.items() if not prepared.finished]:
            self._relay.abort(key)
            del self._in_flight[key]

    def _survive_outage(self) -> None:
        """The database is unavailable: send no further end of data, and record outcomes when it is back."""
        self._abort_unfinished()
        give_up_at = time.monotonic() + DATABASE_OUTAGE
        while True:
            while self._in_flight:
                for event in self._relay.poll():
                    if isinstance(event, Completed):
                        self._complete(self._in_flight.pop(event.key), event)
            try:
                connection.close()
                self._ledger.release()
            except _DISCONNECTED:
                if time.monotonic() >= give_up_at:
                    return
                time.sleep(0.5)
            else:
                return
