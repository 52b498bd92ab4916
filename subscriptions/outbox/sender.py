"""One run of a sender: several mails in hand at the relay, one statement at a time in the ledger.

What the relay answered is recorded and, in the same commit, `handing` begins for the mails whose bodies it
has by then; then their final dots leave, with the next envelopes behind them. So there are never more mails
between `handing` and their record than there are connections. While the database is at it the relay is
heard, and the next mails are composed.
"""

import contextlib
import gc
import os
import socket
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from digest.models import Heartbeat
from subscriptions.emails.letters import Composer
from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox import transitions
from subscriptions.outbox.circuit_breaker import EveryReaderRefused, Suspicion
from subscriptions.outbox.claiming import BATCH, Leased, Supply
from subscriptions.outbox.preparing import composed, put_off
from subscriptions.outbox.transitions import Move
from subscriptions.outbox.write_batch import Book
from subscriptions.relay import (
    Event,
    Mail,
    Outcome,
    Ready,
    Relay,
    RelayUnavailable,
    Returned,
    Settled,
    Verdict,
)

SUSPECT_HOLD = timedelta(hours=1)  # each run of a relay that lies about readers costs some of them
PAUSE = 0.2  # seconds after which a run that waits for the rate looks whether it is to stop
AHEAD = 4  # mails composed before the relay has room for them
RESCUE = 45.0  # seconds for which outcomes are kept in memory while the database is away

State = Delivery.State
_STATES = {verdict: State(verdict.value) for verdict in Verdict}
_AWAY = (DatabaseError, InterfaceError)


def deliver(
    relay: Relay, limit: int | None = None, stopped: Callable[[], bool] = lambda: False
) -> Counter[str]:
    """Hand over what waits until nothing does, `limit` rows were claimed or `stopped()`.

    Returns how many ended in each state. Safe to run any number of times at once. A relay that
    refuses us, or cannot be reached, defers everything that waits and ends the run; one that refuses
    a single mail defers that one only. When stopped, mails that were begun are finished, and the others
    given back.
    """
    gc.freeze()  # what was there before is not looked through again and again
    try:
        return _Run(relay, limit, stopped).to_its_end()
    finally:
        gc.unfreeze()


@dataclass(slots=True)
class _InHand:
    """A mail that the relay was offered. `finished` once its end may have left."""

    leased: Leased
    mail: Mail
    returned: bool = False
    finished: bool = False


class _Run:
    def __init__(self, relay: Relay, limit: int | None, stopped: Callable[[], bool]) -> None:
        self._relay = relay
        self._stopped = stopped
        self._worker = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._composer, self._suspicion = Composer(), Suspicion()
        self._supply = Supply(self._worker, limit, self._composer.expect)
        self._book = Book(self._worker)
        # Where the database writes while we go on, the relay works on the other half meanwhile.
        self._at_once = max(1, relay.room() // 2) if connection.vendor == "postgresql" else relay.room()
        self._composed: deque[_InHand] = deque()
        self._offered: dict[int, _InHand] = {}
        self._done: Counter[str] = Counter()
        self._error: RelayUnavailable | None = None
        self._renew_at = 0.0

    def to_its_end(self) -> Counter[str]:
        try:
            while self._begin() or self._book.busy or (self._supply.pause and not self._ending()):
                if self._offered or self._book.busy:
                    self._step()
                else:
                    time.sleep(min(self._supply.pause, PAUSE))
            self._write_all()
        except _AWAY:
            self._rescue()
            raise
        finally:
            if self._book.busy:  # an error of another kind: what is under way is fenced
                connection.close()
            with contextlib.suppress(*_AWAY):  # then the lease runs out
                transitions.release(self._worker)
        if self._error is not None:
            period = SUSPECT_HOLD if isinstance(self._error, EveryReaderRefused) else transitions.HOLD
            self._done[State.DEFERRED] += transitions.hold(str(self._error), timezone.now(), period)
        return self._done

    def _begin(self) -> bool:
        """Offer what the relay has room for; whether there is anything in hand."""
        while not self._ending() and self._relay.room() and self._compose(1):
            in_hand = self._composed.popleft()
            key = in_hand.leased.pk
            # Else its lease ran out, and we took it up twice.
            if key not in self._offered and not self._book.holds(key):
                self._offered[key] = in_hand
                self._relay.offer(in_hand.mail)
        return bool(self._offered)

    def _ending(self) -> bool:
        return self._error is not None or self._stopped()

    def _compose(self, number: int) -> bool:
        """Have `number` mails composed, if so many wait; whether there is any."""
        while len(self._composed) < number and not self._ending():
            if not self._supply.at_hand:
                self._free_database()
            if (leased := self._supply.take()) is None:
                break
            made = composed(leased, self._composer, timezone.now(), local=self._relay.local)
            if isinstance(made, Move):
                self._book.record(made)
                if self._book.waiting >= BATCH:  # nobody of a whole batch gets a mail
                    self._free_database()
                    self._advance()
            else:
                self._composed.append(_InHand(leased, made))
        return bool(self._composed)

    def _step(self) -> None:
        """Bring the mails in hand forward: by what the relay says, and what the ledger has."""
        ahead = self._supply.at_hand and len(self._composed) < AHEAD and not self._ending()
        for event in self._relay.poll(patience=0) if ahead else self._relay.poll(self._book.descriptor()):
            self._hear(event)
        if self._error is not None:
            self._withdraw()
        self._advance()
        if ahead:  # while the database writes and the relay reads
            self._compose(AHEAD)
        if time.monotonic() >= self._renew_at:
            self._renew_at = time.monotonic() + transitions.lease_time().total_seconds() / 4
            self._free_database()
            transitions.renew(self._worker, timezone.now())
            Heartbeat.objects.beat("sender", timezone.now(), f"{self._done[State.ACCEPTED]} mails accepted")

    def _hear(self, event: Event) -> None:
        """Take note of what the relay said."""
        if isinstance(event, Ready):
            self._book.hand_over(event.key)
        elif isinstance(event, Settled):
            self._book.forget(event.key)
            self._settle(self._offered.pop(event.key), event)
        elif isinstance(event, Returned):
            self._again(self._offered.pop(event.key))
        else:
            self._error = self._error or event.error

    def _settle(self, in_hand: _InHand, event: Settled) -> None:
        """Note how a mail ended, and what that says about the relay."""
        if in_hand.finished:
            reach("answer read")
        leased, outcome = in_hand.leased, event.outcome
        state = _STATES[outcome.verdict]
        later = timezone.now() + transitions.backoff(leased.attempts + 1) if state == State.DEFERRED else None
        email = leased.subscriber.email
        self._book.record(Move(leased.pk, state, outcome.answer, later, tried=True, email=email))
        try:
            if event.error is None:
                self._suspicion.settled(state)
            else:
                self._suspicion.mail_refused(event.error)
        except RelayUnavailable as error:
            self._error = self._error or error

    def _again(self, in_hand: _InHand) -> None:
        """Offer a mail once more that the relay did not hear of."""
        if in_hand.returned and self._error is None:
            hung_up = Outcome(Verdict.DEFERRED, "the relay hangs up before it hears of the mail")
            self._settle(in_hand, Settled(in_hand.leased.pk, hung_up))
        else:
            in_hand.returned = True
            self._composed.appendleft(in_hand)

    def _advance(self) -> None:
        """Write what waits, and end what is written, as far as it goes without waiting for the database."""
        self._end(wait=False)
        while self._book.begin(self._at_once) and self._book.descriptor() is None:  # done at once
            self._end(wait=False)

    def _free_database(self) -> None:
        """Wait for the statement under way, and let the ends leave that it grants: this may take long."""
        if self._book.busy:
            self._end(wait=True)
            for event in self._relay.poll(patience=0):
                self._hear(event)

    def _end(self, *, wait: bool) -> None:
        """Let the mails end whose `handing` is in the ledger by now; do not `wait` for it if it is not."""
        written = self._book.end(wait=wait)
        if written is None:
            return
        self._count(written.recorded, written.made)
        if written.recorded:
            reach("recorded")
        if written.ready:
            reach("handing committed")
        unwanted = []
        for key in self._offered.keys() & written.ready:  # the others the relay has lost meanwhile
            if key in written.made:
                self._offered[key].finished = True
                self._relay.finish(key)
            else:
                self._relay.withdraw(key)
                unwanted.append(self._offered.pop(key).leased)
        if unwanted:  # the database is asked no more before every end that was granted has left
            moves = [put_off(leased, timezone.now()) for leased in unwanted]
            self._count(moves, transitions.write(self._worker, moves, timezone.now()))

    def _write_all(self) -> None:
        """Have everything in the ledger."""
        self._end(wait=True)
        self._book.begin(self._at_once)
        self._end(wait=True)

    def _count(self, moves: Sequence[Move], made: set[int]) -> None:
        for move in moves:
            self._done[move.to if move.pk in made else "lost"] += 1

    def _withdraw(self) -> None:
        """Take back every mail whose end was not sent."""
        for key in [key for key, in_hand in self._offered.items() if not in_hand.finished]:
            self._relay.withdraw(key)
            del self._offered[key]
            if not self._book.forget(key):
                self._book.record(Move(key, State.PENDING))

    def _rescue(self) -> None:
        """The database is away. End nothing more, and see to it that what ended is not forgotten."""
        self._book.take_back()
        self._withdraw()
        give_up_at = time.monotonic() + RESCUE
        while True:
            while self._offered:
                for event in self._relay.poll():
                    if isinstance(event, Settled):
                        self._settle(self._offered.pop(event.key), event)
            try:
                connection.close()
                self._write_all()
            except _AWAY:
                self._book.take_back()
                if time.monotonic() >= give_up_at:
                    return
                time.sleep(0.5)
            else:
                return
