"""What a reader chooses: filters and schedule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from digest.language import ENGLISH, speaking
from digest.models import Topic
from subscriptions.models import FilterSet, Subscriber
from subscriptions.schedule import Rhythm, Schedule, due_at

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHOSEN = ("filter_set", "time_zone", "hour", "rhythm", "weekday")


@dataclass(frozen=True, slots=True)
class Choices:
    """Filters and schedule, as the sign-up and the preferences form give them; queries are readable."""

    topics: tuple[Topic, ...]
    queries: tuple[str, ...]
    schedule: Schedule

    def filter_set(self) -> FilterSet:
        return FilterSet.objects.obtain(self.topics, self.queries)


def choices_of(subscriber: Subscriber) -> Choices:
    """What `subscriber` has chosen."""
    filters = subscriber.filter_set
    return Choices(tuple(filters.topics.all()), tuple(filters.queries), subscriber.schedule)


def apply(subscriber: Subscriber, choices: Choices) -> None:
    """Put `choices` on the unsaved `subscriber`."""
    schedule = choices.schedule
    subscriber.filter_set = choices.filter_set()
    subscriber.time_zone, subscriber.hour = schedule.time_zone, schedule.hour
    subscriber.rhythm, subscriber.weekday = schedule.rhythm, schedule.weekday


def save(subscriber: Subscriber, choices: Choices, now: datetime) -> None:
    """Change filters and schedule. New filters hold from the reader's next digest on and never reach back."""
    rescheduled = choices.schedule != subscriber.schedule
    apply(subscriber, choices)
    subscriber.save(update_fields=CHOSEN)  # a planner may be moving the rest of the row this moment
    if rescheduled:
        Subscriber.objects.filter(pk=subscriber.pk, state=Subscriber.State.ACTIVE).update(
            next_digest_at=due_at(choices.schedule, after=now)
        )


def pause(subscriber: Subscriber) -> None:
    """Stop digests until the reader resumes."""
    Subscriber.objects.filter(pk=subscriber.pk, state=Subscriber.State.ACTIVE).update(
        state=Subscriber.State.PAUSED, next_digest_at=None
    )


def resume(subscriber: Subscriber, now: datetime) -> None:
    """Continue after a pause; the papers of the pause come in one digest."""
    Subscriber.objects.filter(pk=subscriber.pk, state=Subscriber.State.PAUSED).update(
        state=Subscriber.State.ACTIVE, next_digest_at=due_at(subscriber.schedule, after=now)
    )


def describe(schedule: Schedule) -> str:
    """The schedule in words of the active language: “every day at 07:00 (Europe/Berlin)”."""
    moment = {"hour": f"{schedule.hour:02}:00", "zone": schedule.time_zone}
    match schedule.rhythm:
        case Rhythm.DAILY:
            return _("every day at %(hour)s (%(zone)s)") % moment
        case Rhythm.WEEKDAYS:
            return _("Monday to Friday at %(hour)s (%(zone)s)") % moment
    weekday = speaking(get_language() or ENGLISH).weekday(schedule.weekday)
    return _("every %(weekday)s at %(hour)s (%(zone)s)") % {"weekday": weekday, **moment}


def topics_by_slug(slugs: Iterable[str]) -> tuple[Topic, ...]:
    """The enabled topics among `slugs`."""
    return tuple(Topic.objects.filter(slug__in=list(slugs), enabled=True))
