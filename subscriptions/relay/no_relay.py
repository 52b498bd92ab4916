"""What stands for the relay where there is none and nobody could open the local mailbox: it takes no mail.

So everything that is queued keeps waiting, and is sent once EMAIL_URL is set.
"""

from subscriptions.relay.interface import POLL_TIMEOUT, Event, Mail, Unavailable
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

    def poll(self, wake_fd: int | None = None, timeout: float = POLL_TIMEOUT) -> list[Event]:  # noqa: ARG002 - the interface's
        return [Unavailable(RelayUnavailable(WHY))]

    def finish(self, key: int) -> None:
        """Never due."""

    def abort(self, key: int) -> None:
        """Never due."""

    def close(self) -> None:
        """Nothing is open."""
