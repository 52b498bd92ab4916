"""Fetch the days before a source was enabled: stored for archive and search, released to nobody.

Later days are none of this: they are caught up by `checks`, and released.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import sleep

from digest.ingestion import days, fetchers
from digest.ingestion.fetch_right import only_here
from digest.ingestion.store import store
from digest.models import Source, SourceDay
from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.adapter import Adapter

# After a day for which there was no answer, in seconds: a check of the source may be under way, or it may be
# in trouble. After that many days in a row nobody asks on.
PAUSES = (10, 20, 40, 80)


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What became of one day: papers that it lists, how many of them were not stored before; or an error."""

    day: date
    listed: int = 0
    new: int = 0
    error: str = ""


def last_day(source: Source, now: datetime) -> date:
    """The last day that is none of those which `checks` fetches by itself."""
    return days.first_day(source, fetchers.adapter_of(source), now) - timedelta(days=1)


def missing_days(source: Source, since: date, until: date, *, again: bool) -> Sequence[date]:
    """The days to fetch, oldest first: not those that were answered for (but `again`), nor days of rest."""
    announced = fetchers.adapter_of(source).announcement
    answered = SourceDay.objects.filter(source=source, settled=True, day__range=(since, until))
    known = set() if again else set(answered.values_list("day", flat=True))
    span = (since + timedelta(days=age) for age in range((until - since).days + 1))
    return [
        day for day in span if day not in known and (announced is None or day.weekday() in announced.weekdays)
    ]


def backfill(source: Source, chosen: Sequence[date], clock: Callable[[], datetime]) -> Iterator[Backfilled]:
    """Fetch, keep and store these days, each whole or not at all; an error ends no more than its own day.

    But where the source does not answer for several days in a row, the others are left for another time.
    Raises SourceChanged before the first if the source cannot be asked for a day.
    """
    adapter = fetchers.adapter_of(source)
    if adapter.fetch_day is None:
        raise SourceChanged(
            f"{source.title} cannot be asked for a past day: it only tells what it lists now."
        )
    pauses = iter(PAUSES)
    for day in chosen:
        try:
            yield _fetch(source, adapter, day, clock())
            pauses = iter(PAUSES)
        except SourceChanged as error:
            yield Backfilled(day, error=str(error))
        except SourceUnavailable as error:
            yield Backfilled(day, error=str(error))
            if (pause := next(pauses, None)) is None:
                return
            sleep(pause)


def _fetch(source: Source, adapter: Adapter, day: date, now: datetime) -> Backfilled:
    """One day. Between two days the source is free for its regular check."""
    with only_here(source) as going_on:
        parsed = fetchers.fetch_kept(source, adapter, day, now, going_on)
        new = 0
        if parsed.papers or parsed.updates:
            new = store(parsed, source, now, release=False).new
        days.note_answer(source, adapter, day, parsed, now)
    return Backfilled(day, len(parsed.papers), new)
