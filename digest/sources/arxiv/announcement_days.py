"""When arXiv announces what was submitted when, and the dates that it writes.

https://info.arxiv.org/help/availability.html: submissions close at 14:00 in New York, Monday to Friday. What
came until then is announced at 20:00, that of Friday on Sunday evening. The feeds, and here the editions,
bear the date of the day after. Holidays are not known here: what they delay is announced a day later.
"""

from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from digest.sources.adapter import Announcement

ZONE = "America/New_York"
# The feeds are made anew at midnight: half an hour later they are there.
ANNOUNCEMENT = Announcement(hour=time(0, 30), zone=ZONE)

_CLOSING = time(14)
_DAY = timedelta(days=1)


def announced_on(submitted: datetime) -> date:
    """The day of the edition in which arXiv announces a paper that was submitted at this moment."""
    there = _there(submitted)
    closing = there.date() if there.time() < _CLOSING else there.date() + _DAY
    while closing.weekday() > 4:
        closing += _DAY
    return _weekday_after(closing)


def submitted_for(day: date) -> tuple[datetime, datetime]:
    """From when until when, in UTC, the papers of the edition of `day` are submitted; no time on weekends."""
    last = _weekday_before(day)
    first = _weekday_before(last) if day.weekday() < 5 else last
    return _closing(first), _closing(last)


def day_there(moment: datetime) -> date:
    """The day in New York at a moment."""
    return _there(moment).date()


def moment_of(text: str) -> datetime | None:
    """The moment that a text names as mail does (RFC 5322) or as ISO 8601, in UTC if it names no zone.

    None for anything else, and for years in which there is no arXiv.
    """
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text[:100])
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if 1991 <= moment.year < 2200:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _there(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(ZONE))


def _closing(day: date) -> datetime:
    return datetime.combine(day, _CLOSING, ZoneInfo(ZONE)).astimezone(UTC)


def _weekday_after(weekday: date) -> date:
    return weekday + timedelta(days=3 if weekday.weekday() == 4 else 1)


def _weekday_before(day: date) -> date:
    return day - timedelta(days={0: 3, 6: 2}.get(day.weekday(), 1))
