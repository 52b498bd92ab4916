"""What is wrong with sources now, read from what fetching noted. Nothing is stored here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from digest.ingestion.announcements import LATE_AT_MOST, moments
from digest.ingestion.fetchers import usable_adapter_of
from digest.ingestion.health.usual import WEEKS, is_far_fewer, missing_more, usual_number
from digest.models import RawAnswer, Source, SourceDay, SourceProblem
from digest.sources.adapter import Announcement

Kind = SourceProblem.Kind
FAILING_FOR = timedelta(minutes=30)  # one failed check is no problem
UNCHECKED_FOR = timedelta(hours=2)
ANNOUNCED_WITHIN = timedelta(hours=3)  # of its hour
JUDGED_DAYS = 7  # what is older is history
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; see `SourceProblem`."""

    source: Source
    kind: Kind
    day: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    raw_answer: RawAnswer | None = None


def findings(now: datetime) -> Iterator[Finding]:
    """All that is wrong with enabled sources at `now`; a few queries for each."""
    for source in Source.objects.filter(enabled=True):
        if _is_failing(source, now):
            yield _failing(source)
        elif (source.checked_at or source.enabled_at or now) <= now - UNCHECKED_FOR:
            yield Finding(source, Kind.UNCHECKED)
        adapter = usable_adapter_of(source)
        announcement = adapter.announcement if adapter else None
        history = _History(source, now)
        if announcement:
            yield from _stale(source, announcement, history, now)
        yield from history.judged(complete_by_announcement=announcement is not None)
        yield from history.quiet()


def _is_failing(source: Source, now: datetime) -> bool:
    """Whether its checks have failed for long; that a day is not announced yet is told of that day."""
    failing = source.error and source.error_kind != Kind.STALE
    return bool(failing) and (source.succeeded_at is None or source.succeeded_at <= now - FAILING_FOR)


def _failing(source: Source) -> Finding:
    answer = source.raw_answers.filter(format="").order_by("-seen_at").first()
    unread = answer if answer and source.checked_at and answer.seen_at >= source.checked_at else None
    kind = Kind(source.error_kind or Kind.CHANGED)
    return Finding(source, kind, None, {"error": source.error.partition("\n")[0]}, unread)


def _stale(
    source: Source, announcement: Announcement, history: "_History", now: datetime
) -> Iterator[Finding]:
    """Days that should have been announced while the source answered with papers of an earlier one."""
    for day, moment in moments(announcement, now - LATE_AT_MOST, now - ANNOUNCED_WITHIN):
        answered = source.checked_at and source.checked_at >= moment + ANNOUNCED_WITHIN
        row = history.days.get(day)
        here = row and row.checked_at and row.checked_at >= moment and not row.error
        if answered and not here and source.error_kind in {"", Kind.STALE}:
            yield Finding(source, Kind.STALE, day, {}, history.newest_answer())


class _History:
    """The days of one source, as far back as they say what is usual."""

    def __init__(self, source: Source, now: datetime) -> None:
        self._source = source
        self._today = now.astimezone(UTC).date()
        since = self._today - timedelta(days=JUDGED_DAYS, weeks=WEEKS)
        self.days = {row.day: row for row in source.days.filter(day__gte=since)}
        self._listed = {day: row.listed for day, row in self.days.items()}

    def judged(self, *, complete_by_announcement: bool) -> Iterator[Finding]:
        """What is wrong with days that are over; of a source that announces them, also with today.

        There an empty day is right: it says so itself, on holidays.
        """
        for row in self.days.values():
            if not self._is_recent(row.day) or row.checked_at is None:
                continue
            over = row.checked_at.astimezone(UTC).date() > row.day
            if row.listed and (over or complete_by_announcement):
                yield from self._few(row)
                yield from self._fields(row)
            elif not row.listed and over and not complete_by_announcement and row.day.weekday() < _WEEKEND:
                yield from self._empty(row)

    def quiet(self) -> Iterator[Finding]:
        """That nothing new was listed for longer than the operator bears, or never since it was enabled."""
        listed = self._source.days.filter(listed__gt=0).order_by("-day")
        last = listed.values_list("day", flat=True).first()
        enabled_at = self._source.enabled_at if self._source.succeeded_at else None
        since = last or (enabled_at.astimezone(UTC).date() if enabled_at else self._today)
        quiet = (self._today - since).days
        if self._source.quiet_days and quiet > self._source.quiet_days:
            facts: dict[str, Any] = {"days": quiet} | ({"last": last.isoformat()} if last else {})
            yield Finding(self._source, Kind.QUIET, None, facts, self.newest_answer())

    def newest_answer(self, day: date | None = None) -> RawAnswer | None:
        answers = self._source.raw_answers.order_by("-seen_at")
        return (answers.filter(day=day).first() if day else None) or answers.first()

    def _is_recent(self, day: date) -> bool:
        return 0 <= (self._today - day).days <= JUDGED_DAYS

    def _empty(self, row: SourceDay) -> Iterator[Finding]:
        if usual := usual_number(self._listed, row.day):
            yield Finding(self._source, Kind.EMPTY, row.day, {"usual": usual}, self.newest_answer(row.day))

    def _few(self, row: SourceDay) -> Iterator[Finding]:
        usual = usual_number(self._listed, row.day)
        if usual and is_far_fewer(row.listed, usual):
            facts = {"listed": row.listed, "usual": usual}
            yield Finding(self._source, Kind.FEW, row.day, facts, self.newest_answer(row.day))

    def _fields(self, row: SourceDay) -> Iterator[Finding]:
        found = missing_more(row.empty_fields, row.listed, self._before(row.day))
        if found:
            facts = {"listed": row.listed, "fields": {name: list(told) for name, told in found.items()}}
            yield Finding(self._source, Kind.FIELDS, row.day, facts, self.newest_answer(row.day))

    def _before(self, day: date) -> Sequence[tuple[Mapping[str, int], int]]:
        return [(row.empty_fields, row.listed) for row in self.days.values() if row.day < day]
