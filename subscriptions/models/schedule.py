"""When a reader's digest is due: local hours, DST-safe. Pure; the clock is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy


class Rhythm(TextChoices):
    DAILY = "daily", gettext_lazy("every day")
    WEEKDAYS = "weekdays", gettext_lazy("Monday to Friday")
    WEEKLY = "weekly", gettext_lazy("once a week")
    MONTHLY = "monthly", gettext_lazy("once a month")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A local hour (0-23) in an IANA time zone on the days of a rhythm; `weekday` 0 is Monday.

    A month's day is its first such weekday.
    """

    time_zone: str
    hour: int
    rhythm: Rhythm = Rhythm.DAILY
    weekday: int = 0

    @classmethod
    def stored(cls, time_zone: str, hour: int, rhythm: str, weekday: int) -> "Schedule":
        """The schedule in a stored row. In place of what nobody knows: UTC, 07:00, every day, Monday.

        A time zone may be missing on this machine, and a row may come from another version: its reader gets
        digests at another hour, and nobody else is kept waiting for them.
        """
        return cls(
            zone(time_zone).key,
            hour if 0 <= hour < 24 else 7,
            Rhythm(rhythm) if rhythm in Rhythm else Rhythm.DAILY,
            weekday if 0 <= weekday < 7 else 0,
        )

    def sends_on(self, day: date) -> bool:
        """Whether the rhythm has a digest on this day."""
        match self.rhythm:
            case Rhythm.DAILY:
                return True
            case Rhythm.WEEKDAYS:
                return day.weekday() < 5
            case Rhythm.WEEKLY:
                return day.weekday() == self.weekday
            case Rhythm.MONTHLY:
                return day.weekday() == self.weekday and day.day <= 7


@lru_cache(maxsize=1024)  # a name that is not known is looked for in the file system each time
def zone(name: str) -> ZoneInfo:
    """The time zone of this name, or UTC if this machine knows none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a file, or a directory
        return ZoneInfo("UTC")


@cache
def known_zones() -> frozenset[str]:
    """The names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def due_at(schedule: Schedule, after: datetime) -> datetime:
    """First moment strictly after `after` at which this schedule sends, in UTC.

    A local hour that does not exist (spring DST gap) sends at the first minute that does; one that
    exists twice sends at its first occurrence.
    """
    local = ZoneInfo(schedule.time_zone)
    day = after.astimezone(local).date() - timedelta(days=1)
    while True:
        if schedule.sends_on(day):
            moment = _existing(datetime.combine(day, time(schedule.hour), local))
            if moment > after and _is_there(day, local):
                return moment
        day += timedelta(days=1)


def _is_there(day: date, local: ZoneInfo) -> bool:
    """Whether the zone had this day: Samoa skipped 30 December 2011 altogether."""
    return _existing(datetime.combine(day, time(), local)).astimezone(local).date() == day


def _existing(local: datetime) -> datetime:
    """`local` in UTC, or the end of the DST gap it falls into."""
    moment = local.astimezone(UTC)  # in a gap: with the offset before it (PEP 495), so after the gap's end
    if moment.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None, fold=0):
        return moment
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    low, high = moment - (after - before), moment
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(local.tzinfo).utcoffset() == before else (low, middle)
    return high.replace(second=0, microsecond=0)
