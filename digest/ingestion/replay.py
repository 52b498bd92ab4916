"""Parse kept raw answers again, in the order in which they came, and tell what that changes.

Nothing is released: what is found in addition waits for `releasing`. Facts that change are no revision, so no
paper crosses a reader's threshold by it. Only two released papers that become one leave one (see `saving`).

kept answers of a day → parse → condense → (transaction) what is stored → store → what is stored → [rollback]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from digest import sources
from digest.ingestion import raw_answers
from digest.ingestion.condensed import condensed
from digest.ingestion.differences import Differences, Stored, differences
from digest.ingestion.fetchers import adapter_of
from digest.ingestion.raw_answers import KeptAnswer
from digest.ingestion.store import store
from digest.models import Edition, RawAnswer, Source, SourceDay, release_lock
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable, registry
from digest.sources.adapter import Adapter


@dataclass(frozen=True, slots=True)
class Failed:
    """A kept answer that cannot be parsed, and why; `format` is how it was read before, empty if never."""

    fetched_at: datetime
    format: str
    why: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What parsing the answers of `day` again changes, or would change.

    `unreadable` counts the papers of the newest answer that lack a field, by field.
    """

    day: date
    answers: int
    failed: tuple[Failed, ...]
    unreadable: dict[str, int]
    differences: Differences


def replay(
    source: Source, since: date, until: date, now: datetime, *, dry_run: bool = False
) -> Iterator[Replayed]:
    """Parse the kept answers about these days again, day by day; days without one are left out.

    A day is stored whole, or with `dry_run` not at all. An answer that cannot be parsed any more leaves what
    is stored. A dry run compares each day with what is stored now, not with what other days would change.
    """
    for age in range((until - since).days + 1):
        day = since + timedelta(days=age)
        if kept := list(raw_answers.answers(source, day, day)):
            yield replay_answers(source, day, kept, now, dry_run=dry_run)


def replay_edition(edition: Edition, now: datetime, *, dry_run: bool = False) -> list[Replayed]:
    """The same for all answers about an edition's day; a feed may have listed its papers the day after."""
    source, day = edition.source, edition.day
    by_feed = RawAnswer.objects.filter(source=source, day=None).exists()
    return list(replay(source, day, day + timedelta(days=by_feed), now, dry_run=dry_run))


def replay_answers(
    source: Source, day: date, kept: Sequence[KeptAnswer], now: datetime, *, dry_run: bool
) -> Replayed:
    """The same for some answers, oldest first, that were given on or about `day`."""
    parsed: list[tuple[KeptAnswer, ParsedAnswer]] = []
    failed: list[Failed] = []
    for answer in kept:
        try:
            parsed.append((answer, parse(source, answer)))
        except (SourceChanged, SourceUnavailable) as error:
            failed.append(Failed(answer.fetched_at, answer.format, str(error)))
    read = [one for _, one in parsed]
    with release_lock():  # first, as in `ingest`
        before = Stored.about(source, read)
        for (answer, _), one in zip(parsed, condensed(read), strict=True):
            if one.papers or one.updates:
                store(one, source, now, fetched_at=answer.fetched_at, release=False)
            _note_format(source, answer, one.format)
        if parsed:
            _note_day(source, *parsed[-1])
        after = Stored.about(source, read)
        transaction.set_rollback(dry_run)
    unreadable = dict(read[-1].unreadable) if read else {}
    return Replayed(day, len(kept), tuple(failed), unreadable, differences(before, after))


def parse(source: Source, answer: KeptAnswer) -> ParsedAnswer:
    """What a kept answer lists; by the adapter that read it when it came, if any did, and by no other.

    Raises what `sources.parse` raises, and SourceChanged if this version lacks its format.
    """
    today = answer.fetched_at.date()
    adapter = _adapter(source, answer.format)
    return sources.parse_parts(answer.parts, today=today, day=answer.day, adapter=adapter)


def _adapter(source: Source, form: str) -> Adapter | None:
    own = None if source.adapter in registry.fed_by_hand() else adapter_of(source)
    if not form or (own and any(known.name == form for known in own.formats)):
        return own
    try:
        return registry.adapter_reading(form)
    except KeyError as error:
        raise SourceChanged(f"Expected a format of this version, found “{form}”.") from error


def _note_day(source: Source, answer: KeptAnswer, parsed: ParsedAnswer) -> None:
    """What is known of the day that the newest answer is about, as far as it was answered for."""
    if answer.day is None:
        return
    listed = sum(paper.day == answer.day for paper in parsed.papers)
    noted = SourceDay.objects.filter(source=source, day=answer.day).exclude(checked_at=None)
    noted.update(listed=listed, unreadable=dict(parsed.unreadable))


def _note_format(source: Source, answer: KeptAnswer, form: str) -> None:
    """An answer that could not be read when it came, and can be now, is no longer one of those."""
    if answer.format != form:
        RawAnswer.objects.filter(source=source, day=answer.day, fetched_at=answer.fetched_at).update(
            format=form
        )
