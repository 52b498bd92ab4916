"""What a reader chooses: filters and schedule."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from digest.models import Topic
from digest.selection.requests import ALL
from digest.web.page_language import current_language
from subscriptions.models import FilterSet, Subscriber, Wanted
from subscriptions.models.schedule import Rhythm, Schedule, due_at, zone

MOST_QUERIES = 5  # own ones, beside those that follow an author or organisation
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHOSEN = (
    "filter_set",
    "time_zone",
    "hour",
    "rhythm",
    "weekday",
    "language",
    "format",
    "volume",
    "library_daily",
)


@dataclass(frozen=True, slots=True)
class Choices:
    """Filters, schedule and kind of mail, as the forms give them; queries are readable.

    `exclude` are queries too: what they keep is left out of all the others. `trending` is how many of the
    most upvoted papers come too, whatever their topic; what the `muted` queries keep comes neither there nor
    because of a library. A digest shows the best `volume` papers in full; None: all. `library_daily`: so many
    papers a day like the reader's library are kept; 0: it decides on the order only. `first_at_once`: the
    first digest comes on confirming, and not at its hour.
    """

    topics: tuple[Topic, ...]
    queries: tuple[str, ...]
    schedule: Schedule
    exclude: tuple[str, ...] = ()
    least_upvotes: int = 0
    language: str = "en"
    format: str = Subscriber.Format.HTML
    volume: int | None = None
    library_daily: int = 0
    first_at_once: bool = True
    trending: int = 0
    muted: tuple[str, ...] = ()

    @property
    def all_trending(self) -> bool:
        """Whether all papers come, the most upvoted first."""
        return self.trending == ALL

    def filter_set(self) -> FilterSet:
        return FilterSet.objects.obtain_many([self.wanted])[self.wanted]

    @property
    def wanted(self) -> Wanted:
        """The filters alone."""
        return Wanted(self.topics, self.queries, self.exclude, self.least_upvotes, self.trending, self.muted)


def choices_of(subscriber: Subscriber) -> Choices:
    """What `subscriber` has chosen."""
    filters = subscriber.filter_set
    return Choices(
        topics=tuple(filters.topics.all()),
        queries=filters.own_queries,
        schedule=subscriber.schedule,
        exclude=filters.left_out,
        least_upvotes=filters.least_upvotes,
        trending=filters.trending,
        muted=tuple(filters.muted or ()),
        language=subscriber.language,
        format=subscriber.format,
        volume=subscriber.volume,
        library_daily=subscriber.library_daily,
    )


def apply(subscriber: Subscriber, choices: Choices) -> None:
    """Put `choices` on the unsaved `subscriber`."""
    schedule = choices.schedule
    subscriber.filter_set = choices.filter_set()
    subscriber.time_zone, subscriber.hour = schedule.time_zone, schedule.hour
    subscriber.rhythm, subscriber.weekday = schedule.rhythm, schedule.weekday
    subscriber.language, subscriber.format = choices.language, choices.format
    subscriber.volume = choices.volume
    subscriber.library_daily = choices.library_daily
    subscriber.first_at_once = choices.first_at_once


def save(subscriber: Subscriber, choices: Choices, now: datetime) -> None:
    """Change filters and schedule. New filters hold from the reader's next digest on and never reach back."""
    rescheduled = choices.schedule != subscriber.schedule
    with transaction.atomic():
        apply(subscriber, choices)
        subscriber.save(update_fields=CHOSEN)  # a planner may be moving the rest of the row this moment
    if rescheduled:
        Subscriber.objects.filter(pk=subscriber.pk, state=Subscriber.State.ACTIVE).update(
            next_digest_at=due_at(choices.schedule, after=now)
        )


def pause(subscriber: Subscriber, until: date | None = None) -> None:
    """Stop digests until the reader resumes, or until that day by the reader's clock."""
    going_on = [Subscriber.State.ACTIVE, Subscriber.State.PAUSED]
    Subscriber.objects.filter(pk=subscriber.pk, state__in=going_on).update(
        state=Subscriber.State.PAUSED, next_digest_at=None, paused_until=until
    )


def resume(subscriber: Subscriber, now: datetime) -> None:
    """Continue after a pause; the papers of the pause come in one digest."""
    Subscriber.objects.filter(pk=subscriber.pk, state=Subscriber.State.PAUSED).update(
        state=Subscriber.State.ACTIVE,
        next_digest_at=due_at(subscriber.schedule, after=now),
        paused_until=None,
    )


def resume_due(now: datetime) -> int:
    """Resume the readers whose pause has ended by their own clocks; how many. Safe to repeat."""
    soon = (now + timedelta(days=1)).date()  # somewhere it may be that day already
    paused = Subscriber.objects.filter(state=Subscriber.State.PAUSED, paused_until__lte=soon)
    ended = [reader for reader in paused if reader.paused_until and reader.paused_until <= today(reader, now)]
    for reader in ended:
        resume(reader, now)
    return len(ended)


def make_weekly(subscriber: Subscriber, now: datetime) -> None:
    """One digest a week from now on, on Mondays, with all that the daily ones would have had."""
    schedule = replace(subscriber.schedule, rhythm=Rhythm.WEEKLY, weekday=0)
    save(subscriber, replace(choices_of(subscriber), schedule=schedule), now)


def today(subscriber: Subscriber, now: datetime) -> date:
    """The day it is where the reader is."""
    return now.astimezone(zone(subscriber.time_zone)).date()


def tomorrow(subscriber: Subscriber, now: datetime) -> date:
    """The day after `today`."""
    return today(subscriber, now) + timedelta(days=1)


def describe(schedule: Schedule) -> str:
    """The schedule in words of the active language: “every day at 07:00 (Europe/Berlin)”."""
    moment = {"hour": current_language().time(time(schedule.hour)), "zone": schedule.time_zone}
    match schedule.rhythm:
        case Rhythm.DAILY:
            return _("every day at %(hour)s (%(zone)s)") % moment
        case Rhythm.WEEKDAYS:
            return _("Monday to Friday at %(hour)s (%(zone)s)") % moment
    moment["weekday"] = current_language().weekday(schedule.weekday)
    if schedule.rhythm == Rhythm.MONTHLY:
        return _("every first %(weekday)s of the month at %(hour)s (%(zone)s)") % moment
    return _("every %(weekday)s at %(hour)s (%(zone)s)") % moment


def topics_by_slug(slugs: Iterable[str]) -> tuple[Topic, ...]:
    """The enabled topics among `slugs`."""
    return tuple(Topic.objects.filter(slug__in=list(slugs), enabled=True))
