"""What comes back from readers and their mail servers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule, due_at

UNDO = timedelta(hours=1)  # for how long leaving can be taken back
GOODBYE_INTERVAL = timedelta(days=1)
State = Subscriber.State


@dataclass(frozen=True, slots=True)
class Before:
    """What leaving, pausing or a slower rhythm changes of a reader, as it was."""

    state: str
    rhythm: str
    weekday: int
    paused_until: date | None = None

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Before":
        return cls(subscriber.state, subscriber.rhythm, subscriber.weekday, subscriber.paused_until)

    def as_json(self) -> list[str | int | None]:
        until = self.paused_until.isoformat() if self.paused_until else None
        return [self.state, self.rhythm, self.weekday, until]

    @classmethod
    def from_json(cls, values: list[str | int | None]) -> "Before":
        state, rhythm, weekday, until = values
        return cls(
            str(state), str(rhythm), int(weekday or 0), date.fromisoformat(str(until)) if until else None
        )


def unsubscribe(subscriber: Subscriber, at: datetime) -> None:
    """Stop all digests at once, and say goodbye to who had any. Safe to repeat. `at` is when they asked."""
    readers = Subscriber.objects.filter(pk=subscriber.pk)
    left = {"state": State.UNSUBSCRIBED, "next_digest_at": None, "paused_until": None, "left_at": at}
    if readers.filter(state__in=[State.ACTIVE, State.PAUSED]).update(**left):
        _say_goodbye(subscriber, at)
    else:
        readers.exclude(state=State.REFUSED).update(**left)


def _say_goodbye(subscriber: Subscriber, at: datetime) -> None:
    """Queue the last mail, at most one a day: leaving can be taken back and done again."""
    if not subscriber.deliveries.filter(kind="goodbye", due_at__gt=at - GOODBYE_INTERVAL).exists():
        Delivery.objects.post(subscriber, "goodbye", at)


def undo(subscriber: Subscriber, before: Before, at: datetime) -> None:
    """Take leaving, pausing or a slower rhythm back: as before, from the next regular digest on."""
    schedule = Schedule(subscriber.time_zone, subscriber.hour, Rhythm(before.rhythm), before.weekday)
    active = before.state == State.ACTIVE
    Subscriber.objects.filter(pk=subscriber.pk, consented_at__isnull=False).exclude(
        state=State.REFUSED
    ).update(
        state=State.ACTIVE if active else State.PAUSED,
        rhythm=before.rhythm,
        weekday=before.weekday,
        paused_until=before.paused_until,
        next_digest_at=due_at(schedule, after=at) if active else None,
        left_at=None,
    )
