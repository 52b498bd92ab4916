"""What comes back from readers and their mail servers."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Schedule, due_at

UNDO = timedelta(hours=1)  # for how long leaving can be taken back
GOODBYE_INTERVAL = timedelta(days=1)
State = Subscriber.State


@dataclass(frozen=True, slots=True)
class Standing:
    """All that leaving, pausing and a slower rhythm change of a reader, and what else may change it."""

    state: str
    rhythm: str
    weekday: int
    hour: int
    time_zone: str
    paused_until: date | None
    left_at: datetime | None
    link_version: int

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Standing":
        return cls(**{field.name: getattr(subscriber, field.name) for field in fields(cls)})

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Standing":
        until, left = values["paused_until"], values["left_at"]
        dates = {
            "paused_until": until and date.fromisoformat(until),
            "left_at": left and datetime.fromisoformat(left),
        }
        return cls(**values | dates)


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


def undo(subscriber: Subscriber, before: Standing, after: Standing, at: datetime) -> bool:
    """Take leaving, pausing or a slower rhythm back: as before, from the next regular digest on.

    Only while the reader still stands as that left them; False if anything has changed since.
    """
    schedule = Schedule.stored(before.time_zone, before.hour, before.rhythm, before.weekday)
    active = before.state == State.ACTIVE
    same = Subscriber.objects.filter(pk=subscriber.pk, consented_at__isnull=False)
    return bool(
        same.filter(**asdict(after)).update(
            state=State.ACTIVE if active else State.PAUSED,
            rhythm=before.rhythm,
            weekday=before.weekday,
            paused_until=before.paused_until,
            next_digest_at=due_at(schedule, after=at) if active else None,
            left_at=None,
        )
    )
