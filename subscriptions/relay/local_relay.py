"""Relays that take a whole message in one call: the local mailbox, and those of tests."""

from abc import abstractmethod
from multiprocessing.connection import wait

from subscriptions.relay import local_mailbox
from subscriptions.relay.interface import PATIENCE, Event, Mail, Ready, Settled
from subscriptions.relay.reply_codes import Outcome, RelayUnavailable, Verdict


class OneByOne:
    """A relay that has one mail in hand at a time, and hears of it when it is finished."""

    local = True

    def __init__(self) -> None:
        self._mail: Mail | None = None
        self._events: list[Event] = []

    @abstractmethod
    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        """Hand over one message; raises `RelayUnavailable` if it certainly was not taken."""

    def room(self) -> int:
        return int(self._mail is None)

    def offer(self, mail: Mail) -> None:
        self._mail = mail
        self._events.append(Ready(mail.key))

    def poll(self, also: int | None = None, patience: float = PATIENCE) -> list[Event]:
        if also is not None and not self._events:
            wait([also], patience)
        events, self._events = self._events, []
        return events

    def finish(self, key: int) -> None:
        mail, self._mail = self._mail, None
        assert mail is not None
        try:
            outcome, error = self.hand_over(mail.content, mail.sender, mail.recipient), None
        except RelayUnavailable as refused:
            outcome, error = Outcome(Verdict.DEFERRED, str(refused)), refused
        self._events.append(Settled(key, outcome, error))

    def withdraw(self, key: int) -> None:
        self._mail, self._events = None, [event for event in self._events if event != Ready(key)]

    def close(self) -> None:
        """Nothing is held open."""


class LocalMailbox(OneByOne):
    """The mailbox below DATA_DIR: accepts as long as there is room on the disk."""

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        try:
            local_mailbox.store(message, sender, recipient)
        except OSError as error:  # before the mail has its name in the mailbox
            raise RelayUnavailable(f"the local mailbox cannot be written: {error}") from error
        return Outcome(Verdict.ACCEPTED, "kept in the local mailbox")
