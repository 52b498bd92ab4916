"""Announcements: which sources that list a day's papers in one go have not done so yet.

A source that grows all day is never waited for: nobody could say when it is complete.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from digest.ingestion.fetchers import usable_adapter_of
from digest.models import Source, SourceDay
from digest.sources.adapter import Announcement

LATE_AT_MOST = timedelta(days=1)  # after that the day is missed, and nobody waits for it


@dataclass(frozen=True, slots=True)
class Awaited:
    """A source whose papers of a day are due at `moment` and not here; digests wait for it for `wait`."""

    name: str
    title: str
    votes: bool
    moment: datetime
    wait: timedelta


def awaited(now: datetime) -> list[Awaited]:
    """The announcements of the last day, and the next ones, for which digests wait at `now`."""
    waited_for = Source.objects.filter(enabled=True, wait_minutes__gt=0)
    return [one for source in waited_for for one in _of(source, now)]


def moments(announcement: Announcement, since: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """The announcements after `since` up to `until`: each day that is announced, and when."""
    zone = ZoneInfo(announcement.zone)
    day = since.astimezone(zone).date()
    while (moment := datetime.combine(day, announcement.hour, zone)) <= until:
        if moment > since and day.weekday() in announcement.weekdays:
            yield day, moment
        day += timedelta(days=1)


def _of(source: Source, now: datetime) -> Iterator[Awaited]:
    adapter = usable_adapter_of(source)
    if adapter is None or adapter.announcement is None:
        return
    wait = timedelta(minutes=source.wait_minutes)
    for day, moment in moments(adapter.announcement, now - LATE_AT_MOST, now + wait):
        answered = SourceDay.objects.filter(source=source, day=day, checked_at__gte=moment)
        if not answered.filter(Q(error="") | Q(listed__gt=0)).exists():  # later checks may fail
            yield Awaited(source.name, source.title, adapter.votes, moment, wait)
