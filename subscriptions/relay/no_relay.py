"""What stands for a relay that mail cannot be given to, for want of EMAIL_URL or of a key: none is taken.

So everything that is queued keeps waiting, and is sent once that is mended.
"""

from subscriptions.relay.interface import POLL_TIMEOUT, Event, Mail, Returned, Unavailable
from subscriptions.relay.reply_codes import RelayUnavailable

WHY = "mail is held until EMAIL_URL names a relay: nobody could open the local mailbox of this service"


class NoRelay:
    """A relay without any capacity."""

    local = True  # nothing leaves
    smtputf8 = None

    def capacity(self) -> int:
        return 0

    def offer(self, mail: Mail) -> None:
        """Nothing is taken: `poll` says so."""

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:  # noqa: ARG002 - the interface's
        return [Unavailable(RelayUnavailable(WHY))]

    def finish(self, key: int) -> None:
        """Never due."""

    def abort(self, key: int) -> None:
        """Never due."""

    def close(self) -> None:
        """Nothing is open."""


class UnusableRelay(NoRelay):
    """One that is set up wrong: what waits is deferred, and `why` is what the operator reads."""

    def __init__(self, why: str) -> None:
        self._why = why
        self._events: list[Event] = []

    def capacity(self) -> int:
        return 1

    def offer(self, mail: Mail) -> None:
        """As if it could not be reached: the mail never came so far."""
        self._events += [Unavailable(RelayUnavailable(self._why)), Returned(mail.key)]

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:  # noqa: ARG002 - the interface's
        events, self._events = self._events, []
        return events
