"""When a reader's digest is due: local hours, DST-safe. Pure; the clock is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy


class Rhythm(TextChoices):
    DAILY = "daily", gettext_lazy("every day")
    WEEKDAYS = "weekdays", gettext_lazy("Monday to Friday")
    WEEKLY = "weekly", gettext_lazy("once a week")


@dataclass(frozen=True, slots=True)
class Schedule:
    """A local hour (0-23) in an IANA time zone on the days of a rhythm; `weekday` 0 is Monday."""

    time_zone: str
    hour: int
    rhythm: Rhythm = Rhythm.DAILY
    weekday: int = 0

    def sends_on(self, weekday: int) -> bool:
        if self.rhythm == Rhythm.WEEKLY:
            return weekday == self.weekday
        return self.rhythm == Rhythm.DAILY or weekday < 5


def due_at(schedule: Schedule, after: datetime) -> datetime:
    """First moment strictly after `after` at which this schedule sends, in UTC.

    A local hour that does not exist (spring DST gap) sends at the first minute that does; one that
    exists twice sends at its first occurrence.
    """
    zone = ZoneInfo(schedule.time_zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        moment = _existing(datetime.combine(day, time(schedule.hour), zone))
        if schedule.sends_on(day.weekday()) and moment > after and _is_there(day, zone):
            return moment
        day += timedelta(days=1)


def _is_there(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone had this day: Samoa skipped 30 December 2011 altogether."""
    return _existing(datetime.combine(day, time(), zone)).astimezone(zone).date() == day


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
