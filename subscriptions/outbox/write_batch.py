"""Writing a sender's state transitions: one statement at a time, while those for the next one gather."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from subscriptions.models import Delivery
from subscriptions.outbox import transitions
from subscriptions.outbox.transitions import Transition

if TYPE_CHECKING:
    from subscriptions.lib.async_query import PendingQuery

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Written:
    """The outcomes of a statement, the mails whose hand-over it was to begin, and the keys it `applied`."""

    outcomes: Sequence[Transition]
    handing: Sequence[int]
    applied: set[int]


class WriteBatch:
    """The transitions to be written by the next statement, and those of the statement in flight."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._outcomes: list[Transition] = []
        self._handing: list[int] = []
        self._sent: tuple[list[Transition], list[int]] = [], []
        self._query: PendingQuery | None = None
        self._since = 0.0  # when the first of the outcomes came, by the monotonic clock

    def add(self, transition: Transition) -> None:
        """Write this transition with the next statement."""
        if not self._outcomes:
            self._since = time.monotonic()
        self._outcomes.append(transition)

    @property
    def handing(self) -> bool:
        """Whether a mail waits for `handing`."""
        return bool(self._handing)

    def overdue(self, seconds: float) -> bool:
        """Whether an outcome has waited for so long."""
        return bool(self._outcomes) and time.monotonic() - self._since >= seconds

    def begin_transmit(self, key: int) -> None:
        """Write `handing` for this mail with the next statement that has space for it."""
        self._handing.append(key)

    def contains(self, key: int) -> bool:
        """Whether a transition of this mail is not written yet."""
        waiting = (*self._outcomes, *self._sent[0])
        return key in self._handing or key in self._sent[1] or any(one.pk == key for one in waiting)

    def cancel(self, key: int) -> bool:
        """Do not write `handing` for this mail; False if that is in flight already."""
        if key in self._handing:
            self._handing.remove(key)
        return key not in self._sent[1]

    def __len__(self) -> int:
        """How many transitions wait for the next statement."""
        return len(self._outcomes) + len(self._handing)

    @property
    def in_flight(self) -> bool:
        """Whether a statement is in flight; then the database connection is used for nothing else."""
        return self._query is not None

    def fileno(self) -> int | None:
        """The socket that becomes readable when the statement in flight has results."""
        return self._query.fileno() if self._query else None

    def send(self, max_handing: int) -> bool:
        """Send the next statement, which begins at most `max_handing` hand-overs.

        False if there is nothing to write, or a statement is in flight.
        """
        if self.in_flight or not len(self):
            return False
        outcomes, handing = self._sent = self._outcomes, self._handing[:max_handing]
        self._outcomes, self._handing = [], self._handing[max_handing:]
        steps = [*outcomes, *(Transition(key, State.HANDING) for key in handing)]
        self._query = transitions.begin(self._worker, steps, timezone.now())
        return True

    def receive(self, *, wait: bool) -> Written | None:
        """What the statement in flight wrote, once that is known; None if there is none or it is not yet."""
        if self._query is None or not (wait or self._query.ready()):
            return None
        applied = self._query.row_ids()
        (outcomes, handing), self._sent, self._query = self._sent, ([], []), None
        return Written(outcomes, handing, applied)

    def requeue_after_disconnect(self) -> None:
        """The database connection was lost: write again what may not have been written.

        A transition that was applied is not applied again. No mail that waited for `handing` got end of data,
        so these become `pending`.
        """
        outcomes, handing = self._sent
        known = {one.pk for one in self._outcomes}
        pending = [Transition(key, State.PENDING) for key in (*handing, *self._handing) if key not in known]
        self._outcomes = [*outcomes, *pending, *self._outcomes]
        self._handing, self._sent, self._query = [], ([], []), None
