"""What one sender writes into the ledger: a statement at a time, while the steps of the next gather."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from subscriptions.models import Delivery
from subscriptions.outbox import transitions
from subscriptions.outbox.transitions import Move

if TYPE_CHECKING:
    from subscriptions.lib.async_query import UnderWay

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Written:
    """A statement's steps, those of them that were `made`, and the mails whose hand-over it was to begin."""

    recorded: Sequence[Move]
    ready: Sequence[int]
    made: set[int]


class Book:
    """The steps that are to be written, and those being written."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._recorded: list[Move] = []
        self._ready: list[int] = []
        self._begun: tuple[list[Move], list[int]] = [], []
        self._under_way: UnderWay | None = None

    def record(self, move: Move) -> None:
        """Write this step with the next statement."""
        self._recorded.append(move)

    def hand_over(self, key: int) -> None:
        """Begin the hand-over of this mail with the next statement."""
        self._ready.append(key)

    def holds(self, key: int) -> bool:
        """Whether a step of this mail is not in the ledger yet."""
        moves = (*self._recorded, *self._begun[0])
        return key in self._ready or key in self._begun[1] or any(move.pk == key for move in moves)

    def forget(self, key: int) -> bool:
        """Do not begin the hand-over of this mail; False if it is too late for that."""
        if key in self._ready:
            self._ready.remove(key)
        return key not in self._begun[1]

    @property
    def waiting(self) -> int:
        """How many steps the next statement has by now."""
        return len(self._recorded) + len(self._ready)

    @property
    def busy(self) -> bool:
        """Whether a statement is under way; then nothing else may be asked of the database."""
        return self._under_way is not None

    def descriptor(self) -> int | None:
        """What becomes readable when the statement is done."""
        return self._under_way.descriptor() if self._under_way else None

    def begin(self, most: int) -> bool:
        """Begin to write what waits, and to hand over up to `most` mails; False if there is nothing to begin.

        So it is while a statement is under way.
        """
        if self.busy or not self.waiting:
            return False
        recorded, ready = self._begun = self._recorded, self._ready[:most]
        self._recorded, self._ready = [], self._ready[most:]
        moves = [*recorded, *(Move(key, State.HANDING) for key in ready)]
        self._under_way = transitions.begin(self._worker, moves, timezone.now())
        return True

    def end(self, *, wait: bool) -> Written | None:
        """What became of the statement under way, if there is one, and it is done or waited for."""
        if self._under_way is None or not (wait or self._under_way.done()):
            return None
        made = self._under_way.numbers()
        (recorded, ready), self._begun, self._under_way = self._begun, ([], []), None
        return Written(recorded, ready, made)

    def take_back(self) -> None:
        """The database went away: write once more what may not be there.

        A step that was made is none any more, so that it may be repeated. Of what was to be handed over no
        end was sent.
        """
        recorded, ready = self._begun
        known = {move.pk for move in self._recorded}
        back = [Move(key, State.PENDING) for key in (*ready, *self._ready) if key not in known]
        self._recorded = [*recorded, *back, *self._recorded]
        self._ready, self._begun, self._under_way = [], ([], []), None
