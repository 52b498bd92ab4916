"""Store an edition: each paper once, what is new released, nothing already known lost.

fetch → parse → (lock) → edition → papers → entries → release
"""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from digest import sources
from digest.models import Edition, EditionEntry, Paper, Release, Source, release_lock
from digest.papers import PaperRecord, title_key
from digest.sources import ParsedEdition

REFRESHED_DAYS = 2  # an edition grows, and its votes rise, until the day after

_FACTS = (
    "authors",
    "organization",
    "published",
    "comments",
    "upvotes",
    "code_url",
    "project_url",
    "author_names",
)


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of one ingest: `listed` papers read, of which `added` entries, of which `new` papers."""

    edition: Edition
    listed: int
    added: int
    new: int
    rejected: int


def ingest(raw: bytes, source: Source, now: datetime, day: date | None = None) -> Ingested:
    """Parse `raw` and store it as an edition of `source`; whatever it adds is released to readers.

    Safe to repeat: the same answer again changes nothing. Raises what `sources.parse` raises, with
    nothing stored.
    """
    parsed = sources.parse(raw, today=now.date(), day=day)
    return store(parsed, raw, source, now)


def store(parsed: ParsedEdition, raw: bytes, source: Source, now: datetime) -> Ingested:
    """Store a parsed edition in one transaction.

    Of two answers for one day, the one with more papers is kept: an answer that broke off, or a copy
    of an early hour, does not replace it. Raises SourceChanged, with nothing stored, if there are no
    papers: an empty answer is no edition.
    """
    return _store(parsed, raw, source, now, fetched_at=now)


def _store(
    parsed: ParsedEdition, raw: bytes, source: Source, now: datetime, fetched_at: datetime
) -> Ingested:
    if not parsed.papers:
        raise sources.SourceChanged(f"{source.title} lists no papers on {parsed.day}: nothing was stored.")
    with release_lock():
        edition = _edition(parsed, raw, source, fetched_at)
        known = _known_papers(parsed.papers)
        listed = set(edition.entries.values_list("paper_id", flat=True))
        missing = [r for r in parsed.papers if (p := _find(known, r)) is None or p.pk not in listed]
        release = Release.objects.create(edition=edition, released_at=now) if missing else None
        new = 0
        for position, record in enumerate(parsed.papers, start=1):
            paper = _find(known, record)
            if paper is None:
                assert release is not None
                paper = _paper(record, release, source)
                new += 1
            elif _learn(paper, record):
                paper.save()
            known[record.key] = known[paper.key] = known[paper.title_key] = paper
            if paper.pk not in listed:
                assert release is not None
                EditionEntry.objects.create(edition=edition, paper=paper, release=release, position=position)
                listed.add(paper.pk)
    return Ingested(edition, len(parsed.papers), len(missing), new, len(parsed.rejected))


def _edition(parsed: ParsedEdition, raw: bytes, source: Source, fetched_at: datetime) -> Edition:
    """The stored edition of that day, with the fuller of its kept answer and `raw`."""
    edition = Edition.objects.filter(source=source, day=parsed.day).first()
    if edition is None:
        edition = Edition(source=source, day=parsed.day)
    elif _papers_in(edition) > len(parsed.papers):
        return edition
    edition.format, edition.raw, edition.fetched_at = parsed.format, zlib.compress(raw), fetched_at
    edition.rejected = [{"position": r.position, "title": r.title, "why": r.why} for r in parsed.rejected]
    edition.save()
    return edition


def _papers_in(edition: Edition) -> int:
    """How many papers the kept answer of `edition` holds; 0 if it cannot be read any more."""
    try:
        kept = sources.parse(zlib.decompress(edition.raw), today=edition.day, day=edition.day)
    except sources.SourceChanged:
        return 0
    return len(kept.papers)


def reparse(edition: Edition, now: datetime) -> Ingested:
    """Read the kept answer of `edition` again, as after a better parser. It was not fetched anew.

    Raises what `sources.parse` and `store` raise.
    """
    raw = zlib.decompress(edition.raw)
    parsed = sources.parse(raw, today=now.date(), day=edition.day)
    return _store(parsed, raw, edition.source, now, fetched_at=edition.fetched_at)


def fetch(source: Source, now: datetime, answer: Callable[[date], bytes]) -> list[Ingested]:
    """Fetch and store the recent editions of `source`, noting on it how that went.

    `answer` gets a day and returns what the source answers for it; a day without papers is no
    edition. Each day is tried, whatever became of the one before. Then, of what went wrong,
    `SourceChanged` before `SourceUnavailable` and later before earlier, one is noted and raised.
    """
    source.checked_at = now
    ingested: list[Ingested] = []
    errors: list[sources.SourceUnavailable | sources.SourceChanged] = []
    for day in _recent_days(now):
        try:
            raw = answer(day)
            parsed = sources.parse(raw, today=day, day=day)
            if parsed.papers:
                ingested.append(store(parsed, raw, source, now))
        except (sources.SourceUnavailable, sources.SourceChanged) as error:
            errors.append(error)
    errors.sort(key=lambda error: isinstance(error, sources.SourceChanged))  # stable: the last stays last
    source.error = str(errors[-1]) if errors else ""
    if not errors:
        source.succeeded_at = now
    source.save(update_fields=["checked_at", "succeeded_at", "error"])
    if errors:
        raise errors[-1]
    return ingested


def _recent_days(now: datetime) -> list[date]:
    today = now.astimezone(UTC).date()
    return [today - timedelta(days=age) for age in reversed(range(REFRESHED_DAYS))]


def _known_papers(records: Iterable[PaperRecord]) -> dict[str, Paper]:
    """The stored papers that the records may be, by key and by title."""
    keys = [record.key for record in records]
    titles = [title_key(record.title) for record in records]
    found = {paper.title_key: paper for paper in Paper.objects.filter(title_key__in=titles)}
    return found | {paper.key: paper for paper in Paper.objects.filter(key__in=keys)}


def _find(known: dict[str, Paper], record: PaperRecord) -> Paper | None:
    """The paper of the record's key, else the one of its title if either has no better key."""
    if paper := known.get(record.key):
        return paper
    paper = known.get(title_key(record.title))
    if paper and (record.key.startswith("title:") or paper.key.startswith("title:")):
        return paper
    return None


def _paper(record: PaperRecord, release: Release, source: Source) -> Paper:
    paper = Paper(key=record.key, release=release, url=record.url, day=record.day, source_name=source.name)
    _learn(paper, record)
    paper.save()
    return paper


def _learn(paper: Paper, record: PaperRecord) -> bool:
    """Take over what `record` says; what it does not say stays. True if anything changed."""
    facts = {name: value for name in _FACTS if (value := getattr(record, name)) not in {None, ()}}
    facts |= {"title": record.title, "title_key": title_key(record.title)}
    if record.abstract:
        facts["abstract"] = record.abstract
    if "author_names" in facts:
        facts["author_names"] = list(record.author_names)
    if paper.key.startswith("title:"):
        facts |= {"key": record.key, "url": record.url}
    changed = {name: value for name, value in facts.items() if getattr(paper, name) != value}
    for name, value in changed.items():
        setattr(paper, name, value)
    return bool(changed)
