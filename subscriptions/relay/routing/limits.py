"""What one relay may be given: its limits, its share, and how far a warm-up has come. Pure."""

from dataclasses import dataclass

WARM_UP_STEPS = 10  # doublings: after those there is no limit but the relay's own
USED = 2  # a day counts as a step if half of what it allowed was sent


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one relay; 0 is none.

    `rate` is in mails a second. `share` is its part of the mail among relays of the same `failover`; those of
    a higher one get mail only while no relay of a lower one can take any. `warm_up` is how many mails the
    first day of a new sender allows; each day that was made use of doubles it.
    """

    rate: float = 0.0
    connections: int = 4
    per_session: int = 0
    per_day: int = 0
    share: int = 1
    failover: int = 0
    warm_up: int = 0

    @property
    def any(self) -> bool:
        """Whether how much it is given has to be counted."""
        return bool(self.rate or self.per_day or self.warm_up)


def daily(limits: Limits, steps: int) -> int | None:
    """How many mails a day allows after so many steps of the warm-up; None if there is no limit."""
    allowed = [limits.per_day] if limits.per_day else []
    if limits.warm_up and steps < WARM_UP_STEPS:
        allowed.append(limits.warm_up << steps)
    return min(allowed, default=None)


def step_after(limits: Limits, steps: int, sent: int) -> int:
    """The step of the next day, after a day on which so many were sent.

    Receivers come to know a sender by its mail: a day with little of it brings it no further.
    """
    if not limits.warm_up or steps >= WARM_UP_STEPS:
        return steps
    return steps + (sent * USED >= (daily(limits, steps) or 0))
