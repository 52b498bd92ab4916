"""What a source lists now, fetched once and stored nowhere: for an operator who is about to save it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from digest import sources
from digest.ingestion import fetchers
from digest.ingestion.days import today_of
from digest.ingestion.identity import KnownPapers
from digest.models import Source
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable
from digest.sources.adapter import Adapter
from digest.sources.http.client import DEFAULTS

SECONDS = 10  # for all requests together: somebody is waiting for the page
DAYS = 3  # a source without papers today may have had some on one of the last days


Known = Mapping[str, bool]  # of the papers that are stored already, by key: whether readers had them


@dataclass(frozen=True, slots=True)
class Preview:
    """What came, and which of its papers are known already; or the `error` that came instead."""

    parsed: ParsedAnswer | None = None
    known: Known = field(default_factory=dict)
    error: str = ""


def preview(source: Source, now: datetime) -> Preview:
    """Fetch what a source lists now, by its settings, stored or not: once, for some seconds; store nothing.

    Only public addresses are fetched, and mirrors that the machine's settings name: whoever may add a source
    could otherwise look around in the network of this machine.
    """
    try:
        parsed = _fetch(fetchers.adapter_of(source), now)
    except (SourceUnavailable, SourceChanged) as error:
        return Preview(error=str(error))
    return Preview(parsed, known_papers(parsed))


def known_papers(parsed: ParsedAnswer) -> Known:
    """The papers of `parsed` that are stored already, under whatever key."""
    papers = KnownPapers(parsed.papers)
    found = {record.key: papers.find(record) for record in parsed.papers}
    return {key: paper.release_id is not None for key, paper in found.items() if paper}


def _fetch(adapter: Adapter, now: datetime) -> ParsedAnswer:
    today = today_of(adapter, now)
    get = _Get(adapter.interval, time.monotonic() + SECONDS)
    if adapter.fetch_latest:
        return sources.parse_parts(adapter.fetch_latest(get), today=today, adapter=adapter)
    if adapter.fetch_day is None:
        raise SourceChanged(f"{adapter.title} cannot be fetched: its papers come by hand.")
    parsed = None
    for day in _days(adapter, today):
        parsed = sources.parse_parts(adapter.fetch_day(day, get), today=today, day=day, adapter=adapter)
        if parsed.papers:
            break
    assert parsed is not None
    return parsed


def _days(adapter: Adapter, today: date) -> Iterator[date]:
    """The last days on which the source may list papers, the newest first."""
    weekdays = adapter.announcement.weekdays if adapter.announcement else range(7)
    days = [today - timedelta(days=age) for age in range(14)]
    yield from [day for day in days if day.weekday() in weekdays][:DAYS]


@dataclass(frozen=True, slots=True)
class _Get:
    """Fetches as politely as ever, until the `deadline` (of time.monotonic) for all requests together."""

    interval: float
    deadline: float

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise SourceUnavailable(
                f"Expected the whole answer within {SECONDS} seconds, found a part of it."
            )
        limits = replace(DEFAULTS, attempts=1, idle_time=left, total_time=left)
        return fetchers.get(url, headers, limits, self.interval)
