"""When to stop sending because the relay, not single mails or readers, is the problem: a circuit breaker."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.refusal_window import RefusalWindow, windows_of
from subscriptions.planning.runs import HELD_FOR_REFUSALS, RELAYS_CLOSED
from subscriptions.relay import MessageRefused, Outcome, RelayUnavailable, Verdict, gist

MAX_MESSAGES_REFUSED = 3  # in a row: then the messages are not the problem
RETRY_AFTER = timedelta(minutes=1)


class CircuitOpen(Exception):
    """Send nothing more for `period`, or nothing more of this `run`; the text is why."""

    def __init__(self, reason: str, period: timedelta = RETRY_AFTER, run: int | None = None) -> None:
        super().__init__(reason)
        self.period = period
        self.run = run


def relays_closed(until: datetime | None) -> CircuitOpen | None:
    """What there is to say if no relay takes mail before this moment."""
    if until is None:
        return None
    return CircuitOpen(f"{RELAYS_CLOSED} before {until:%Y-%m-%d %H:%M} UTC", until - timezone.now())


@dataclass(slots=True)
class CircuitBreaker:
    """The outcomes of one pass of a sender, by which bad messages and addresses differ from a bad relay."""

    messages_refused: int = 0
    _windows: dict[int, RefusalWindow] = field(default_factory=dict)

    def expect(self, claimed: Iterable[Leased]) -> None:
        """Look up how the runs of these went so far."""
        new = {leased.run_id for leased in claimed if leased.run_id is not None} - self._windows.keys()
        if new:
            self._windows |= windows_of(new)

    def record(self, outcome: Outcome, leased: Leased, error: RelayUnavailable | None = None) -> None:
        """Note an outcome of the mail that was `leased`; raises `CircuitOpen` if the relay is the problem.

        An `error` says that the outcome is not about the reader.
        """
        if error is not None:
            self.messages_refused += 1
            if not isinstance(error, MessageRefused) or self.messages_refused >= MAX_MESSAGES_REFUSED:
                raise CircuitOpen(str(error), outcome.retry_after or RETRY_AFTER)
            return
        run = leased.run_id
        window = self._windows.get(run) if run is not None else None
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.UNKNOWN):  # hashing takes longer than comparing
            self.messages_refused = 0
            if window is not None:
                window.accept()
        elif outcome.cause is not None and window is not None:
            why = window.refuse(leased.subscriber.pk, outcome.cause, gist(outcome.answer))
            if why is not None:
                raise CircuitOpen(why, HELD_FOR_REFUSALS, run)
