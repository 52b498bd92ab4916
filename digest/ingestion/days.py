"""Which days a source is asked for now, and what is noted of each: “did that day's papers arrive?”

A source's days are those of its announcements where it has any ("America/New_York"), else those of UTC.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from digest.ingestion.saving import NEW_AT_MOST
from digest.models import Source, SourceDay
from digest.sources import ParsedAnswer
from digest.sources.adapter import Adapter
from digest.sources.parsed_answer import empty_fields

AT_ONCE = 14  # days that one check asks for; the next goes on
LONGEST_PAUSE = timedelta(days=1)  # before a day that could not be fetched is tried again
FIRST_PAUSE = timedelta(minutes=15)


def today_of(adapter: Adapter, now: datetime) -> date:
    zone = ZoneInfo(adapter.announcement.zone) if adapter.announcement else UTC
    return now.astimezone(zone).date()


def first_day(source: Source, adapter: Adapter, now: datetime) -> date:
    """The first day whose papers are new: the one on which it was enabled, at most 180 days ago.

    Of a source that is not enabled, and fetched by a command, the days since the last one that is settled are
    new, at most two weeks, and those that may still list more.
    """
    today = today_of(adapter, now)
    if source.enabled_at is not None:
        enabled = min(today_of(adapter, source.enabled_at), today)  # a clock may have been ahead
        return max(enabled, today - NEW_AT_MOST)
    lately = SourceDay.objects.filter(source=source, settled=False, day__gt=today - timedelta(days=AT_ONCE))
    growing = today - timedelta(days=max(adapter.growing_days, 1) - 1)
    return min([growing, *lately.values_list("day", flat=True)])


def is_current_due(source: Source, adapter: Adapter, now: datetime) -> bool:
    """Whether to ask for today, or for what the source lists now."""
    row = SourceDay.objects.filter(source=source, day=today_of(adapter, now)).first()
    if row is None or row.tried_at is None or row.error:
        return True
    return _has_passed(timedelta(seconds=adapter.pause), row.tried_at, now)


def to_ask(source: Source, adapter: Adapter, first: date, now: datetime) -> list[date]:
    """The days from `first` on to ask for now, oldest first: today, what may list more, what was missed.

    What a source lists now covers the days that may list more: where it can be asked for that, days are only
    asked for when these are over. A bounded number: days that did not fail come before those that did.
    """
    if adapter.fetch_day is None:
        return []
    today = today_of(adapter, now)
    rows = {row.day: row for row in SourceDay.objects.filter(source=source, day__gte=first)}
    last = today - timedelta(days=adapter.growing_days) if adapter.fetch_latest else today
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    answered_at = max((row.checked_at for row in rows.values() if row.checked_at), default=None)
    due = [
        day
        for day in days
        if _expected(day, adapter)
        and (
            is_current_due(source, adapter, now)
            if day == today
            else _is_due(rows.get(day), (today - day).days, adapter, now, answered_at)
        )
    ]
    failed = {day for day, row in rows.items() if row.failures}
    due.sort(key=lambda day: (day != today, day in failed))  # stable: else oldest first
    return sorted(due[:AT_ONCE])


def _expected(day: date, adapter: Adapter) -> bool:
    """Whether the source may have papers of that day; one that grows all day may at any time."""
    return adapter.announcement is None or day.weekday() in adapter.announcement.weekdays


def _is_due(
    row: SourceDay | None, age: int, adapter: Adapter, now: datetime, answered_at: datetime | None
) -> bool:
    """Whether to ask for a past day: less often the older it is, or the more often that was in vain.

    Where the source has answered to nothing since, it was not the day's fault.
    """
    if row is None or row.tried_at is None:
        return True
    if row.settled:
        return False
    if row.failures and (answered_at is None or answered_at < row.tried_at):
        return True
    pause = timedelta(hours=age)
    if age >= adapter.growing_days:
        pause = min(FIRST_PAUSE * 2 ** min(row.failures, 10), LONGEST_PAUSE) if row.failures else timedelta()
    return _has_passed(pause, row.tried_at, now)


def _has_passed(pause: timedelta, since: datetime, now: datetime) -> bool:
    """Whether it is over; so it is where `since` is still to come: a clock was ahead then."""
    return not timedelta() <= now - since < pause


def note_answer(source: Source, adapter: Adapter, day: date, parsed: ParsedAnswer, now: datetime) -> None:
    """Note what an answer for `day` listed. It is settled if the day could grow no more when it was given."""
    settled = (today_of(adapter, now) - day).days >= adapter.growing_days
    _note(source, day, now, _counted(parsed, day) | {"settled": settled})


def note_failure(source: Source, day: date, error: Exception, now: datetime, *, asked: bool) -> None:
    """Note that an attempt at `day` failed; the rest stays. `asked`: it was asked for by itself."""
    row, _ = SourceDay.objects.get_or_create(source=source, day=day)
    row.tried_at, row.failures, row.error = now, row.failures + asked, str(error)
    row.save(update_fields=["tried_at", "failures", "error"])


def note_latest(source: Source, adapter: Adapter, parsed: ParsedAnswer, first: date, now: datetime) -> None:
    """Note what a source lists now, by the days of its papers from `first` on, and today if it has none.

    The day that a source announced in one go is settled by that; of others before it, single papers may be
    listed. These are settled when they can grow no more, unless the source can then be asked for them, which
    tells more.
    """
    today = today_of(adapter, now)
    days = {paper.day for paper in parsed.papers} | (
        {today} if _tells_of_today(adapter, parsed, now) else set()
    )
    known = {row.day: row for row in SourceDay.objects.filter(source=source, day__in=days)}
    for day in sorted(day for day in days if first <= day <= today):
        values = _counted(parsed, day)
        in_one_go = adapter.announcement is not None and values["listed"] > 0 and day == parsed.day
        if adapter.fetch_day and day != today and not in_one_go:
            continue  # asked for that day, the source tells more
        row = known.get(day)
        if row and row.listed > values["listed"]:
            values = {}  # a list of what is new forgets what is older
        over = adapter.fetch_day is None and (today - day).days >= adapter.growing_days
        values["settled"] = in_one_go or over or bool(row and row.settled)
        values["error"] = staleness(adapter, parsed, now) if day == today else ""
        _note(source, day, now, values)


def _tells_of_today(adapter: Adapter, parsed: ParsedAnswer, now: datetime) -> bool:
    """Whether a list says something of today though it has no paper of today.

    Not before the announcement, when it has those of the day before; without any paper, it is a holiday.
    """
    if adapter.announcement is None or staleness(adapter, parsed, now):
        return True
    return not parsed.papers and parsed.issued in {None, today_of(adapter, now)}


def staleness(adapter: Adapter, parsed: ParsedAnswer, now: datetime) -> str:
    """What is wrong with a list that was made today, after today's announcement, and has older papers only.

    Empty if nothing is: a list without papers may be that of a holiday.
    """
    announced, today = adapter.announcement, today_of(adapter, now)
    if announced is None or not _expected(today, adapter) or not parsed.papers:
        return ""
    newest = max(paper.day for paper in parsed.papers)
    there = now.astimezone(ZoneInfo(announced.zone))
    if newest >= today or parsed.issued != today or there.time() < announced.hour:
        return ""
    return (
        f"Expected the papers of {today}, found a list made on that day with those of {newest}: it is stale."
    )


def _counted(parsed: ParsedAnswer, day: date) -> dict[str, Any]:
    papers = [paper for paper in parsed.papers if paper.day == day]
    unreadable = Counter(name for paper in papers for name in paper.unreadable)
    return {
        "listed": len(papers),
        "unreadable": dict(unreadable),
        "empty_fields": dict(empty_fields(papers)),
    }


def _note(source: Source, day: date, now: datetime, values: Mapping[str, object]) -> None:
    SourceDay.objects.update_or_create(
        source=source,
        day=day,
        defaults={"checked_at": now, "tried_at": now, "failures": 0, "error": "", **values},
    )
