"""One check of a source: what it lists is fetched, stored and noted, from the oldest missed day to now."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from digest.ingestion import days, fetchers
from digest.ingestion.fetch_right import only_here
from digest.ingestion.identity import KnownPapers
from digest.ingestion.saving import NEW_AT_MOST
from digest.ingestion.store import Ingested, store
from digest.lib.records import PaperRecord
from digest.models import EditionEntry, Source
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable
from digest.sources.adapter import Adapter
from digest.sources.errors import Stale

TRIES = 2  # in a row; then it is seen whether the source answers at all before older days are tried

Failure = SourceUnavailable | SourceChanged


def check(source: Source, now: datetime, *, at_once: bool = False) -> list[Ingested]:
    """Fetch and store what `source` lists, noting on it and on its days how that went.

    Days that were missed since it was enabled are fetched too and released in order of day, as new. Each is
    tried, whatever became of the one before, while the source answers at all. Of what went wrong,
    `SourceChanged` before `SourceUnavailable` and later before earlier, one is noted and raised. Nothing is
    noted if another process checks the source: then SourceUnavailable is raised. `at_once`: somebody asks who
    does not want to wait until an index is worth asking again.
    """
    with only_here(source) as going_on:
        Source.objects.filter(pk=source.pk).note_enabled(now)
        source.refresh_from_db(fields=["enabled_at"])
        source.checked_at = now
        ingested: list[Ingested] = []
        errors: list[Failure] = []
        for outcome in _outcomes(source, now, going_on, at_once=at_once):
            if isinstance(outcome, Failure):
                errors.append(outcome)
            else:
                ingested.append(outcome)
        errors.sort(key=lambda error: isinstance(error, SourceChanged))  # stable: the last stays last
        source.error, source.error_kind = (str(errors[-1]), errors[-1].kind) if errors else ("", "")
        if not errors:
            source.succeeded_at = now
        source.save(update_fields=["checked_at", "succeeded_at", "error", "error_kind"])
    if errors:
        raise errors[-1]
    return ingested


def _outcomes(
    source: Source, now: datetime, going_on: Callable[[], None], *, at_once: bool
) -> Iterator[Ingested | Failure]:
    try:
        adapter = _fetched_by(source)
        adapter = replace(adapter, pause=0) if at_once else adapter
    except SourceChanged as error:
        yield error
        return
    yield from _Check(source, adapter, days.first_day(source, adapter, now), now, going_on).outcomes()


def _fetched_by(source: Source) -> Adapter:
    adapter = fetchers.adapter_of(source)
    if not adapter.fetch_day and not adapter.fetch_latest:
        raise SourceChanged(f"Expected an adapter that can be fetched, found {adapter.title}.")
    return adapter


@dataclass(frozen=True, slots=True)
class _Check:
    """One check, which alone fetches its source as long as `going_on` does not raise.

    `first` is the day on which the source begins: what it listed by then is new to nobody.
    """

    source: Source
    adapter: Adapter
    first: date
    now: datetime
    going_on: Callable[[], None]

    def outcomes(self) -> Iterator[Ingested | Failure]:
        """What became of each question: the days to ask for, oldest first, then what is listed now."""
        questions = self._questions()
        current = questions[-1] if questions else None
        unanswered = 0
        while questions:
            question = questions.pop() if unanswered == TRIES else questions.popleft()
            try:
                yield from self._ask(question)
                unanswered = 0
            except (SourceUnavailable, SourceChanged) as error:
                day = question or days.today_of(self.adapter, self.now)
                days.note_failure(self.source, day, error, self.now, asked=question is not None)
                yield error
                unanswered += isinstance(error, SourceUnavailable)
            if unanswered > TRIES or (unanswered == TRIES and current not in questions):
                return

    def _questions(self) -> deque[date | None]:
        """The days to ask for, and, where the source can be asked that, what it lists now (None)."""
        asked: deque[date | None] = deque(days.to_ask(self.source, self.adapter, self.first, self.now))
        if self.adapter.fetch_latest and days.is_current_due(self.source, self.adapter, self.now):
            asked.append(None)
        return asked

    def _ask(self, day: date | None) -> Iterator[Ingested | Failure]:
        parsed = fetchers.fetch_kept(self.source, self.adapter, day, self.now, self.going_on)
        yield from self._stored(parsed)
        if day:
            days.note_answer(self.source, self.adapter, day, parsed, self.now)
        else:
            days.note_latest(self.source, self.adapter, parsed, self.first, self.now)
            if stale := days.staleness(self.adapter, parsed, self.now):
                yield Stale(stale)

    def _stored(self, parsed: ParsedAnswer) -> Iterator[Ingested]:
        """Store an answer. A day without papers is no edition."""
        unsure = [paper for paper in parsed.papers if paper.undated or paper.day < self.first]
        before = _there_before(self.source, unsure, self.now) if unsure else frozenset()
        oldest = days.today_of(self.adapter, self.now) - NEW_AT_MOST
        old = tuple(paper for paper in parsed.papers if paper.day < oldest or paper.key in before)
        keys = {paper.key for paper in old}
        new = tuple(paper for paper in parsed.papers if paper.key not in keys)
        if old:
            yield store(replace(parsed, papers=old, updates=()), self.source, self.now, release=False)
        if new or parsed.updates:
            yield store(replace(parsed, papers=new), self.source, self.now)


def _there_before(source: Source, unsure: Sequence[PaperRecord], now: datetime) -> frozenset[str]:
    """The keys of those papers, of no day or of one before the source was enabled, that are new to nobody.

    They were there when it was first asked since it was enabled: then nobody knows since when. What is listed
    only later is new, whatever day a journal gives it.
    """
    answered = source.days.filter(checked_at__lt=now)
    if source.enabled_at:
        answered = answered.filter(checked_at__gte=source.enabled_at)
    if not answered.exists():
        return frozenset(record.key for record in unsure)
    known = KnownPapers(unsure)
    papers = {record.key: paper.pk for record in unsure if (paper := known.find(record))}
    entries = EditionEntry.objects.filter(edition__source=source, release=None, paper__in=papers.values())
    waiting = set(entries.values_list("paper_id", flat=True))
    return frozenset(key for key, number in papers.items() if number in waiting)
