"""Whether the papers of a day arrived: what is known of a source's days, in words and as a calendar."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from digest.ingestion import days
from digest.lib.counting import number_of
from digest.sources.adapter import Adapter

WEEKDAYS = frozenset(range(5))  # of a source that does not say on which days it lists papers
EVERY = timedelta(minutes=15)  # how often enabled sources are asked: `beat_schedule` in digest/celery.py


class Tone(Enum):
    """How an operator should take it."""

    GOOD, QUIET, LOOK, BAD = "good", "quiet", "look", "bad"


@dataclass(frozen=True, slots=True)
class Said:
    """What the operator is told."""

    words: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class DayOfSource:
    """What is known of one day: `papers` is None where no answer came; `final` once it can grow no more."""

    day: date
    papers: int | None = None
    final: bool = True
    error: str = ""
    url: str = ""


Known = Mapping[date, DayOfSource]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the calendar: `short` fits the narrowest phone, `words` say the same in full."""

    day: date
    short: str
    words: str
    tone: Tone
    url: str = ""


def today_of(adapter: Adapter | None, now: datetime) -> date:
    """The day that it is for the source."""
    return days.today_of(adapter, now) if adapter else now.astimezone(UTC).date()


def is_expected(adapter: Adapter | None, day: date) -> bool:
    """Whether the source lists papers on such a weekday."""
    known = adapter.announcement.weekdays if adapter and adapter.announcement else WEEKDAYS
    return day.weekday() in known


def announced_at(adapter: Adapter, day: date) -> datetime | None:
    """When the papers of `day` are announced all together, if they are."""
    said = adapter.announcement
    return datetime.combine(day, said.hour, ZoneInfo(said.zone)) if said else None


def arrived(adapter: Adapter | None, known: Known, now: datetime, *, enabled: bool, error: str) -> Said:
    """The answer to “did today's papers arrive?”, of the source's own today."""
    today = today_of(adapter, now)
    one = known.get(today, DayOfSource(today))
    last = _last(known, today)
    if adapter is None:
        return Said(f"No: this version has no such kind of source.{last}", Tone.BAD)
    if one.papers:
        so_far = "" if one.final else " so far"
        return Said(f"Yes: {number_of(one.papers, 'paper')} of today{so_far}.", Tone.GOOD)
    if not adapter.can_be_fetched:
        return Said(f"Fed by hand.{last or ' Nothing came yet.'}", Tone.QUIET)
    if not enabled:
        return Said(f"Not enabled: nothing is fetched.{last}", Tone.QUIET)
    if one.error or error:
        return Said(f"No: the last check failed.{last}", Tone.BAD)
    if not is_expected(adapter, today):
        return Said(f"None are expected on a {today:%A}.{last}", Tone.QUIET)
    due = announced_at(adapter, today)
    if due and now < due:
        return Said(f"Not yet: they are announced at {_hour(due)}.{last}", Tone.QUIET)
    if one.papers is None:
        return Said(f"Not known yet: today was not asked for so far.{last}", Tone.LOOK)
    if due:
        return Said(f"No: they were due at {_hour(due)}, and none are listed yet.{last}", Tone.LOOK)
    return Said(f"Not yet: none are listed so far.{last}", Tone.QUIET)


def next_check(checked_at: datetime | None, now: datetime, *, enabled: bool) -> str:
    """When the source is asked again, in words."""
    if not enabled:
        return "none: it is not enabled"
    due = (checked_at or now) + EVERY
    if now > due + EVERY:
        return f"was due at {due.astimezone(UTC):%H:%M} UTC: is a worker running?"
    return f"about {due.astimezone(UTC):%H:%M} UTC"


def calendar(
    adapter: Adapter | None, known: Known, today: date, since: date | None, weeks: int
) -> list[list[Cell]]:
    """The last `weeks` from Monday on, the last with `today`; of days before `since` nothing is missing."""
    first = today - timedelta(days=today.weekday() + 7 * (weeks - 1))
    shown = [first + timedelta(days=age) for age in range(7 * weeks)]
    cells = [_cell(adapter, known.get(day, DayOfSource(day)), today, since) for day in shown]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _cell(adapter: Adapter | None, one: DayOfSource, today: date, since: date | None) -> Cell:
    short, words, tone = _told(adapter, one, today, since)
    return Cell(one.day, short, f"{one.day:%A, %-d %B}: {words}", tone, one.url)


def _told(
    adapter: Adapter | None, one: DayOfSource, today: date, since: date | None
) -> tuple[str, str, Tone]:
    if one.day > today:
        return "", "still to come", Tone.QUIET
    failed = f", and then an attempt failed: {one.error}" if one.error else ""
    if one.papers:
        so_far = "" if one.final else " so far"
        return f"{one.papers:,}", f"{number_of(one.papers, 'paper')}{so_far}{failed}", Tone.GOOD
    if one.error:
        return "error", f"could not be fetched: {one.error}", Tone.BAD
    if one.papers is not None:
        if not is_expected(adapter, one.day):
            return "none", "no papers, and none were expected", Tone.QUIET
        if one.day == today or not one.final:
            return "none", "no papers so far", Tone.QUIET
        return "none", "no papers, on a day that usually has some", Tone.LOOK
    if since is None or one.day < since or not (adapter and adapter.can_be_fetched):
        return "", "nothing known", Tone.QUIET
    if not is_expected(adapter, one.day) or one.day == today:
        return "", "not asked for yet", Tone.QUIET
    return "gap", "never answered for; it is caught up at one of the next checks", Tone.LOOK


def _last(known: Known, today: date) -> str:
    """“ The last came on Friday, 28 November: 31 papers.”, if any did."""
    came: Iterable[DayOfSource] = (one for one in known.values() if one.papers and one.day < today)
    last = max(came, key=lambda one: one.day, default=None)
    if last is None:
        return ""
    return f" The last came on {last.day:%A, %-d %B}: {number_of(last.papers or 0, 'paper')}."


def _hour(moment: datetime) -> str:
    """“20:00 America/New_York (01:00 UTC)”."""
    utc = moment.astimezone(UTC)
    zone = str(moment.tzinfo)
    return f"{utc:%H:%M} UTC" if zone == "UTC" else f"{moment:%H:%M} {zone} ({utc:%H:%M} UTC)"
