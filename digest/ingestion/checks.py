"""One check of a source: what it lists is fetched, stored and noted, from the oldest missed day to now."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime

from digest.ingestion import days, fetchers
from digest.ingestion.fetch_right import only_here
from digest.ingestion.store import Ingested, store
from digest.models import Source
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable
from digest.sources.adapter import Adapter

TRIES = 2  # in a row; then it is seen whether the source answers at all before older days are tried

Failure = SourceUnavailable | SourceChanged


def check(source: Source, now: datetime) -> list[Ingested]:
    """Fetch and store what `source` lists, noting on it and on its days how that went.

    Days that were missed since it was enabled are fetched too and released in order of day, as new. Each is
    tried, whatever became of the one before, while the source answers at all. Of what went wrong,
    `SourceChanged` before `SourceUnavailable` and later before earlier, one is noted and raised. Nothing is
    noted if another process checks the source: then SourceUnavailable is raised.
    """
    with only_here(source) as going_on:
        Source.objects.filter(pk=source.pk).note_enabled(now)
        source.refresh_from_db(fields=["enabled_at"])
        source.checked_at = now
        ingested: list[Ingested] = []
        errors: list[Failure] = []
        for outcome in _outcomes(source, now, going_on):
            if isinstance(outcome, Failure):
                errors.append(outcome)
            else:
                ingested += outcome
        errors.sort(key=lambda error: isinstance(error, SourceChanged))  # stable: the last stays last
        source.error = str(errors[-1]) if errors else ""
        if not errors:
            source.succeeded_at = now
        source.save(update_fields=["checked_at", "succeeded_at", "error"])
    if errors:
        raise errors[-1]
    return ingested


def _outcomes(
    source: Source, now: datetime, going_on: Callable[[], None]
) -> Iterator[list[Ingested] | Failure]:
    """What became of each question that the source is asked: days, oldest first, then what it lists now."""
    try:
        adapter = fetchers.adapter_of(source)
        questions = _questions(source, adapter, now)
    except SourceChanged as error:
        yield error
        return
    unanswered, current = 0, questions[-1] if questions else None
    while questions:
        question = questions.pop() if unanswered == TRIES else questions.popleft()
        try:
            yield _ask(source, adapter, question, now, going_on)
            unanswered = 0
        except (SourceUnavailable, SourceChanged) as error:
            days.note_failure(source, question or days.today_of(adapter, now), error, now)
            yield error
            unanswered += isinstance(error, SourceUnavailable)
        if unanswered > TRIES or (unanswered == TRIES and current not in questions):
            return


def _questions(source: Source, adapter: Adapter, now: datetime) -> deque[date | None]:
    """The days to ask for, and, where the source can be asked that, what it lists now (None)."""
    if not adapter.fetch_day and not adapter.fetch_latest:
        raise SourceChanged(f"Expected an adapter that can be fetched, found {adapter.title}.")
    asked: deque[date | None] = deque(days.to_ask(source, adapter, now))
    if adapter.fetch_latest:
        asked.append(None)
    return asked


def _ask(
    source: Source, adapter: Adapter, day: date | None, now: datetime, going_on: Callable[[], None]
) -> list[Ingested]:
    parsed = fetchers.fetch_kept(source, adapter, day, now, going_on)
    ingested = list(_stored(source, adapter, parsed, now))
    if day:
        days.note_answer(source, adapter, day, parsed, now)
    else:
        days.note_latest(source, adapter, parsed, now)
        if stale := days.staleness(adapter, parsed, now):
            raise SourceChanged(stale)
    return ingested


def _stored(source: Source, adapter: Adapter, parsed: ParsedAnswer, now: datetime) -> Iterator[Ingested]:
    """Store an answer: papers of days before the source's first are new to nobody. No papers, no edition."""
    first = days.first_day(source, adapter, now)
    old = tuple(paper for paper in parsed.papers if paper.day < first)
    new = tuple(paper for paper in parsed.papers if paper.day >= first)
    if old:
        yield store(replace(parsed, papers=old, updates=()), source, now, release=False)
    if new or parsed.updates:
        yield store(replace(parsed, papers=new), source, now)
