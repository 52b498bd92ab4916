"""When to stop sending because the relay, not single mails or readers, is the problem: a circuit breaker."""

from dataclasses import dataclass
from datetime import timedelta

from subscriptions.relay import MessageRefused, RelayUnavailable, Verdict

MAX_MESSAGES_REFUSED = 3  # in a row: then the messages are not the problem
MAX_READERS_REFUSED = 20  # while nobody else is accepted: then the addresses are not the problem
RETRY_AFTER = timedelta(minutes=1)
RETRY_AFTER_REFUSALS = timedelta(hours=1)  # each trial may mark readers as refused wrongly


class CircuitOpen(Exception):
    """Send nothing more for `period`; the text is why."""

    def __init__(self, reason: str, period: timedelta = RETRY_AFTER) -> None:
        super().__init__(reason)
        self.period = period


@dataclass(slots=True)
class CircuitBreaker:
    """The outcomes of one pass of a sender, by which bad messages and addresses differ from a bad relay."""

    messages_refused: int = 0
    readers_refused: int = 0
    accepted: bool = False

    def record(self, state: str, error: RelayUnavailable | None = None) -> None:
        """Note an outcome; raises `CircuitOpen` if the relay is the problem.

        An `error` says that the outcome is not about the reader.
        """
        if error is not None:
            self.messages_refused += 1
            if not isinstance(error, MessageRefused) or self.messages_refused >= MAX_MESSAGES_REFUSED:
                raise CircuitOpen(str(error))
            return
        if state in (Verdict.ACCEPTED, Verdict.UNKNOWN):  # hashing takes longer than comparing
            self.accepted, self.messages_refused = True, 0
        self.readers_refused += state == Verdict.REFUSED
        if self.readers_refused >= MAX_READERS_REFUSED and not self.accepted:
            raise CircuitOpen(
                f"{self.readers_refused} readers refused, none accepted: the relay is the likely cause",
                RETRY_AFTER_REFUSALS,
            )
