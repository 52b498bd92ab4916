"""Relays that take a whole message in one call: the local mailbox, and those of tests."""

from abc import abstractmethod

from subscriptions.relay import local_mailbox
from subscriptions.relay.interface import POLL_TIMEOUT, Completed, Event, Mail, Ready
from subscriptions.relay.reply_codes import Outcome, RelayUnavailable, Verdict


class OneByOne:
    """A relay with one mail in flight at a time, which gets all of it with end of data."""

    local = True
    smtputf8 = True

    def __init__(self) -> None:
        self._mail: Mail | None = None
        self._events: list[Event] = []

    @abstractmethod
    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        """Hand over one message; raises `RelayUnavailable` if it certainly was not taken."""

    def capacity(self) -> int:
        return int(self._mail is None)

    def offer(self, mail: Mail) -> None:
        self._mail = mail
        self._events.append(Ready(mail.key))

    def poll(self, timeout: float = POLL_TIMEOUT) -> list[Event]:  # noqa: ARG002 - the interface's
        events, self._events = self._events, []
        return events

    def finish(self, key: int) -> None:
        mail, self._mail = self._mail, None
        assert mail is not None
        try:
            outcome, error = self.hand_over(mail.content, mail.sender, mail.recipient), None
        except RelayUnavailable as unavailable:
            outcome, error = Outcome(Verdict.DEFERRED, str(unavailable)), unavailable
        self._events.append(Completed(key, outcome, error))

    def abort(self, key: int) -> None:
        self._mail, self._events = None, [event for event in self._events if event != Ready(key)]

    def close(self) -> None:
        """Nothing is kept open."""


class LocalMailbox(OneByOne):
    """The mailbox below DATA_DIR: accepts as long as there is space on the disk."""

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        try:
            local_mailbox.store(message, sender, recipient)
        except OSError as error:  # the mail did not get its name in the mailbox
            raise RelayUnavailable(f"cannot write to the local mailbox: {error}") from error
        return Outcome(Verdict.ACCEPTED, "stored in the local mailbox")
