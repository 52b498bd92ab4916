"""What a sender knows before the database does, and which mails may go: none before a committed `handing`.

With a journal `handing` is committed for a whole batch as it is claimed, and outcomes are written a few times
a second; the journal is what tells a later process where this one ended. Without one, each round of mails is
one commit.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.utils import timezone

from subscriptions.lib.failpoints import reach
from subscriptions.models import Delivery
from subscriptions.outbox import settling, transitions
from subscriptions.outbox.claiming import Leased
from subscriptions.outbox.journal import machine
from subscriptions.outbox.journal.file import JournalFile, JournalUnwritable
from subscriptions.outbox.leases import lease_time
from subscriptions.outbox.transitions import Transition

logger = logging.getLogger(__name__)
FRESH = 1.0  # seconds after which the database is asked again whether a mail may go
WRITE_EVERY = 0.25  # seconds that outcomes wait if there is a journal
WITHHOLD = 0.02  # and if there is none: for the mails that are offered, so that one statement writes both

State = Delivery.State


class Ledger:
    """The deliveries claimed by one sender, up to their outcomes. `counts`: how many reached each state."""

    def __init__(self, worker: str, journal: JournalFile | None) -> None:
        self._worker = worker
        self.journal = journal
        self.unwritable = False  # the journal, so no more mails may go by it
        self.counts: Counter[str] = Counter()
        self._outcomes: dict[int, Transition] = {}  # not yet in the database
        self._held: set[int] = set()  # claimed, and no end of data has begun
        self._since = 0.0  # when the first of the outcomes came
        self._lease = lease_time().total_seconds()

    def hold(self, claimed: Iterable[Leased]) -> None:
        """These are leased to this sender."""
        self._held.update(leased.pk for leased in claimed)

    def __contains__(self, key: int) -> bool:
        """Whether an outcome of this mail is not written yet."""
        return key in self._outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def overdue(self) -> bool:
        """Whether an outcome has waited for long enough."""
        patience = WITHHOLD if self.journal is None else WRITE_EVERY
        return bool(self._outcomes) and time.monotonic() - self._since >= patience

    def add(self, transition: Transition) -> None:
        """Write this outcome with the next statement."""
        if not self._outcomes:
            self._since = time.monotonic()
        self._held.discard(transition.pk)
        self._outcomes[transition.pk] = transition

    def reply(self, transition: Transition) -> None:
        """Add what the relay replied; the journal has it at once."""
        self.add(transition)
        if self.journal is not None and not self.unwritable:
            with self._journalling():
                self.journal.replied(transition.pk, settling.as_reply(transition))
        reach("reply kept")

    def permit(self, ready: Sequence[Leased]) -> set[int]:
        """Which of these mails may go: end of data is to be sent at once.

        The word of the database holds for a second; older than that, it is asked again. None may go that the
        journal cannot tell of.
        """
        if self.unwritable:
            return set()
        fresh = min(FRESH, self._lease / 2)
        asked_at = machine.since_boot()
        permitted = {one.pk for one in ready if self.journal and asked_at - one.checked_at < fresh}
        stale = [one.pk for one in ready if one.pk not in permitted]
        if stale:
            applied = self._write(stale)
            if machine.since_boot() - asked_at < self._lease:  # else it may be another's by now
                permitted |= applied.intersection(stale)
        if self.journal is not None and permitted:
            with self._journalling():
                self.journal.begun(permitted)
            if self.unwritable:
                return set()
        self._held -= permitted
        if permitted:
            reach("handing committed")
        return permitted

    @contextmanager
    def _journalling(self) -> Iterator[None]:
        try:
            yield
        except JournalUnwritable as error:
            logger.warning("The journal of the outbox cannot be written; going on without: %s", error)
            self.unwritable = True

    def write(self) -> None:
        """Write the outcomes so far."""
        if self._outcomes:
            self._write(())

    def _write(self, handing: Sequence[int]) -> set[int]:
        """One statement for the outcomes so far and `handing` of these; the keys to which it applied.

        If it fails, nobody knows whether it was committed: writing it again is harmless.
        """
        made = [*self._outcomes.values(), *(Transition(key, State.HANDING) for key in handing)]
        applied = transitions.write(self._worker, made, timezone.now())
        self.counts.update(one.to if one.pk in applied else "lost" for one in self._outcomes.values())
        if self._outcomes:
            self._outcomes.clear()
            reach("recorded")
        return applied

    def release(self) -> None:
        """Write all that is known; what was claimed and did not begin waits again."""
        released = self._held - self._outcomes.keys()
        self.write()
        if released:
            pending = [Transition(key, State.PENDING) for key in released]
            transitions.write(self._worker, pending, timezone.now())
        self._held.clear()
