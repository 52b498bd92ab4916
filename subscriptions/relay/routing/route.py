"""One of several relays as a sender uses it: its grants, and what became of them since the ledger was told."""

from dataclasses import dataclass, field
from datetime import date

from subscriptions.relay.interface import Relay
from subscriptions.relay.routing.domains import Judge
from subscriptions.relay.routing.ledger import Report
from subscriptions.relay.routing.limits import Limits


@dataclass(slots=True)
class Route:
    """`grant`: how many mails it may still be offered; `held`: it has failed, or may not be tried now."""

    name: str
    relay: Relay
    limits: Limits
    judge: Judge = field(default_factory=Judge)
    grant: int = 0
    held: bool = False
    messages_refused: int = 0  # in a row
    _unused: int = 0
    _extra: int = 0
    _failure: str = ""
    _recovered: bool = False

    def use(self) -> None:
        """Count a mail that is offered to it."""
        if self.grant:
            self.grant -= 1
        else:
            self._extra += 1

    def refund(self) -> None:
        """Count a mail that it did not take."""
        if self.held:
            self._unused += 1
        else:
            self.grant += 1

    def renounce(self) -> None:
        """Give up one grant: its mail goes by another relay."""
        self.grant -= 1
        self._unused += 1

    def accepted(self) -> None:
        self.messages_refused = 0
        self._recovered = True

    def fail(self, why: str) -> None:
        """Leave it for a while."""
        self.held, self._failure, self._recovered = True, why[:500], False
        self._unused, self.grant = self._unused + self.grant, 0

    def report(self, granted_on: date) -> Report | None:
        """What the ledger does not know yet; all grants end with it. None if that is nothing."""
        unused, extra = self._unused + self.grant, self._extra
        told = Report(unused, extra, granted_on, self._failure, self._recovered)
        self.grant = self._unused = self._extra = 0
        self._failure, self._recovered = "", False
        return told if unused or extra or told.failure or told.recovered else None
