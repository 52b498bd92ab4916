"""What a sender and a relay tell each other about the mails in flight.

offer ──► Ready ──► finish ──► Completed
  │         └─────► abort             (the sender decides against it: the relay never gets end of data)
  └───────► Returned | Completed      (it never came so far)
"""

import select
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from subscriptions.relay.reply_codes import Outcome, RelayUnavailable, Verdict


@dataclass(frozen=True, slots=True)
class Mail:
    """One finished message and its envelope. `key` tells it from the others in flight.

    `dotless` promises that no line begins with a dot: looking for one takes longer than sending it.
    """

    key: int
    content: bytes
    sender: str
    recipient: str
    dotless: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """The relay has the whole message but not end of data; once `finish` has sent that, it may accept it."""

    key: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The outcome of one mail. An `error` says that the relay's reply was not about the recipient."""

    key: int
    outcome: Outcome
    error: RelayUnavailable | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """The session ended, or is at its limit, before the relay had this message: it may be offered again."""

    key: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No connection is left, and no new one can be opened."""

    error: RelayUnavailable


POLL_TIMEOUT = 1.0  # seconds
Event = Ready | Completed | Returned | Unavailable


class Relay(Protocol):
    """Something that takes messages, several at once. `local` if nothing it takes can leave this machine."""

    local: bool

    @property
    def smtputf8(self) -> bool | None:
        """Whether it takes mail to addresses that are not ASCII (RFC 6531); None if it has not said yet."""

    def capacity(self) -> int:
        """How many more mails may be offered now."""

    def offer(self, mail: Mail) -> None:
        """Begin to transmit `mail`: everything may be sent except end of data."""

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:
        """The events since the last call; waits up to `timeout` seconds if there are none."""

    def finish(self, key: int) -> None:
        """Send end of data (CRLF.CRLF) of a mail that is `Ready`: from now on the relay may have it."""

    def abort(self, key: int) -> None:
        """Abandon a mail whose end of data was not sent."""

    def close(self) -> None:
        """End idle sessions with QUIT; drop the other connections."""


@runtime_checkable
class Watchable(Protocol):
    """A relay that can be waited for beside others."""

    def watch(self, poller: select.poll) -> bool:
        """Register what it waits for with `poller`, after `poll`; whether anything is owed to it."""


def send_one(relay: Relay, mail: Mail) -> Completed:
    """Hand over a single mail and wait for its outcome. If that is `DEFERRED`, the relay does not have it."""
    relay.offer(mail)
    while True:
        events = relay.poll()
        for event in events:
            match event:
                case Ready():
                    relay.finish(mail.key)
                case Completed():
                    return event
                case Unavailable(error):
                    return Completed(mail.key, Outcome(Verdict.DEFERRED, str(error)), error)
        if Returned(mail.key) in events:
            return Completed(mail.key, Outcome(Verdict.DEFERRED, "connection lost before MAIL FROM"))
