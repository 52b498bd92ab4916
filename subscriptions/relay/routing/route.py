"""One of several relays as a sender uses it: its grants, and what became of them."""

from dataclasses import dataclass, field
from datetime import date

from subscriptions.relay.interface import Relay
from subscriptions.relay.routing.domains import Judge
from subscriptions.relay.routing.ledger import Report
from subscriptions.relay.routing.limits import Limits


@dataclass(slots=True)
class Route:
    """`grant`: how many mails it may still be offered. `held`: it has failed; `used_up`: so is its day."""

    name: str
    relay: Relay
    limits: Limits
    judge: Judge = field(default_factory=Judge)
    grant: int = 0
    held: bool = False
    used_up: bool = False
    messages_refused: int = 0  # in a row
    _unused: int = 0
    _extra: int = 0
    _failure: str = ""
    _recovered: bool = False

    @property
    def able(self) -> bool:
        """Whether it takes mail, as far as this process knows."""
        return not self.held and (self.grant > 0 or not self.used_up)

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

    def hold(self) -> int:
        """Offer it nothing more; returns how many grants are lost by that."""
        lost, self.held = self.grant, True
        self._unused, self.grant = self._unused + lost, 0
        return lost

    def fail(self, why: str) -> None:
        """Leave it for a while, and tell the others."""
        self.hold()
        self._failure, self._recovered = why[:500], False

    def report(self, granted_on: date, today: date, keep: int) -> Report | None:
        """What the ledger does not know yet; None if that is nothing. It keeps up to so many grants."""
        kept = min(self.grant, keep)
        unused = self._unused + self.grant - kept
        extra = self._extra + (kept if today != granted_on else 0)  # what is kept is of the new day
        told = Report(unused, extra, granted_on, self._failure, self._recovered)
        self.grant, self._unused, self._extra, self._failure, self._recovered = kept, 0, 0, "", False
        return told if unused or extra or told.failure or told.recovered else None
