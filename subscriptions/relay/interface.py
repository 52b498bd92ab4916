"""What the outbox and a relay tell each other about the mails in hand.

offer ──► Ready ──► finish ──► Settled
  │         └─────► withdraw          (the ledger says no: the relay never sees the end)
  └───────► Returned | Settled        (it never came so far)
"""

from dataclasses import dataclass
from typing import Protocol

from subscriptions.relay.reply_codes import Outcome, RelayUnavailable


@dataclass(frozen=True, slots=True)
class Mail:
    """One finished message and its envelope. `key` tells it from the others in hand.

    `dotless` promises that no line begins with a dot: looking for one takes longer than sending it.
    """

    key: int
    content: bytes
    sender: str
    recipient: str
    dotless: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The relay has all of it but its end: what `finish` sends can make the relay accept it."""

    key: int


@dataclass(frozen=True, slots=True)
class Settled:
    """It ended so. An `error` says that the outcome is no matter of the reader's."""

    key: int
    outcome: Outcome
    error: RelayUnavailable | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The connection ended before the relay heard of it: as if it had never been offered."""

    key: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No connection is left, and none can be had."""

    error: RelayUnavailable


PATIENCE = 1.0
Event = Ready | Settled | Returned | Unavailable


class Relay(Protocol):
    """Something that takes messages, several at once. `local` if nothing it takes can leave this machine."""

    local: bool

    def room(self) -> int:
        """How many more mails may be offered now."""

    def offer(self, mail: Mail) -> None:
        """Take `mail` on: everything may go out but its end."""

    def poll(self, also: int | None = None, patience: float = PATIENCE) -> list[Event]:
        """What happened since; waits up to `patience` seconds if nothing did.

        It does not wait any longer once the descriptor `also` can be read.
        """

    def finish(self, key: int) -> None:
        """Send the end of a mail that is `Ready`: from now on the relay may have it."""

    def withdraw(self, key: int) -> None:
        """Take a mail back whose end was not sent."""

    def close(self) -> None:
        """End politely what is idle, and at once what is not."""
