"""Store an edition: each paper once, what is new released, nothing already known lost.

fetch → parse → (lock) → edition → papers → release → entries, revisions
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest import sources
from digest.lib.records import PaperRecord, title_key
from digest.models import Edition, EditionEntry, Paper, Release, Revision, Source, release_lock
from digest.sources import ParsedEdition

KEPT = timedelta(days=180)  # so long it is known who had a paper; older ones are never new again

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
_MATCHED = {"title", "abstract", "author_names", "organization", "authors", "comments", "upvotes"}


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


def store(
    parsed: ParsedEdition, raw: bytes, source: Source, now: datetime, *, release: bool = True
) -> Ingested:
    """Store a parsed edition in one transaction; without `release` nothing of it goes to readers.

    What was stored without a release is brought out by the first edition that lists it with one. Of two
    answers for one day, the one with more papers is kept: an answer that broke off, or a copy of an
    early hour, does not replace it. Raises SourceChanged, with nothing stored, if there are no papers:
    an empty answer is no edition.
    """
    return _store(parsed, _Answer(raw, now), source, now, release=release)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a source said."""

    raw: bytes
    fetched_at: datetime


@dataclass(slots=True)
class _Listed:
    """A paper in its place; `before` holds what it said until now, where the edition says otherwise."""

    paper: Paper
    position: int
    before: dict[str, Any]


def _store(
    parsed: ParsedEdition, answer: _Answer, source: Source, now: datetime, *, release: bool
) -> Ingested:
    if not parsed.papers:
        raise sources.SourceChanged(f"{source.title} lists no papers on {parsed.day}: nothing was stored.")
    with release_lock():
        edition = _edition(parsed, answer, source)
        entries = {entry.paper_id: entry for entry in edition.entries.all()}
        listed = _listed(parsed.papers, source)
        added = sum(one.paper.pk not in entries for one in listed)
        unseen = [one for one in listed if _is_unseen(entries.get(one.paper.pk))]
        revised = [one for one in listed if _may_cross(one, now)]
        number = None
        if release and (unseen or revised):
            number = Release.objects.create(edition=edition, released_at=now)
        new = sum(one.paper.pk is None for one in listed)
        for one in listed:
            _save(one, number)
        for one in unseen:
            entry = entries.get(one.paper.pk) or EditionEntry(edition=edition, paper=one.paper)
            entry.position, entry.release = one.position, number
            entry.save()
        if number:
            Revision.objects.bulk_create(
                Revision(paper=one.paper, release=number, before=_told(one)) for one in revised
            )
    return Ingested(edition, len(parsed.papers), added, new, len(parsed.rejected))


def _listed(records: Sequence[PaperRecord], source: Source) -> list[_Listed]:
    """The papers that the records are, each once and with what the records say; nothing is saved."""
    known = _known_papers(records)
    listed: dict[int, _Listed] = {}
    for position, record in enumerate(records, start=1):
        paper = _find(known, record)
        if paper is None:
            paper = Paper(key=record.key, url=record.url, day=record.day, source_name=source.name)
        before = _learn(paper, record)
        one = listed.setdefault(id(paper), _Listed(paper, position, {}))
        one.before = before | one.before
        known[record.key] = known[paper.key] = known[paper.title_key] = paper
    return list(listed.values())


def _is_unseen(entry: EditionEntry | None) -> bool:
    return entry is None or entry.release_id is None


def _may_cross(one: _Listed, now: datetime) -> bool:
    """Whether a query may keep the paper from now on that did not before: not if it came out long ago."""
    release = one.paper.release
    return release is not None and release.released_at > now - KEPT and bool(_told(one))


def _told(one: _Listed) -> dict[str, Any]:
    """What it said before, as far as queries look at it."""
    return {name: value for name, value in one.before.items() if name in _MATCHED}


def _save(one: _Listed, number: Release | None) -> None:
    """Save the paper if it is new, changed or only now brought out."""
    unseen = number is not None and one.paper.release_id is None
    if unseen:
        one.paper.release = number
    if unseen or one.before or one.paper.pk is None:
        one.paper.save()


def _edition(parsed: ParsedEdition, answer: _Answer, source: Source) -> Edition:
    """The stored edition of that day, with the fuller of its kept answer and this one."""
    edition = Edition.objects.filter(source=source, day=parsed.day).first()
    if edition is None:
        edition = Edition(source=source, day=parsed.day)
    elif _papers_in(edition) > len(parsed.papers):
        return edition
    edition.format, edition.raw = parsed.format, zlib.compress(answer.raw)
    edition.fetched_at = answer.fetched_at
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

    What it finds in addition is released, unless the edition was only stored. Raises what `sources.parse`
    and `store` raise.
    """
    answer = _Answer(zlib.decompress(edition.raw), edition.fetched_at)
    parsed = sources.parse(answer.raw, today=now.date(), day=edition.day)
    return _store(parsed, answer, edition.source, now, release=edition.releases.exists())


def _known_papers(records: Sequence[PaperRecord]) -> dict[str, Paper]:
    """The stored papers that the records may be, by key and by title."""
    keys = [record.key for record in records]
    titles = [title_key(record.title) for record in records]
    papers = Paper.objects.select_related("release")
    found = {paper.title_key: paper for paper in papers.filter(title_key__in=titles)}
    return found | {paper.key: paper for paper in papers.filter(key__in=keys)}


def _find(known: dict[str, Paper], record: PaperRecord) -> Paper | None:
    """The paper of the record's key, else the one of its title if either has no better key."""
    if paper := known.get(record.key):
        return paper
    paper = known.get(title_key(record.title))
    if paper and (record.key.startswith("title:") or paper.key.startswith("title:")):
        return paper
    return None


def _learn(paper: Paper, record: PaperRecord) -> dict[str, Any]:
    """Take over what `record` says; what it does not say stays. Returns the old values of what changed."""
    facts = {name: value for name in _FACTS if (value := getattr(record, name)) not in {None, ()}}
    facts |= {"title": record.title, "title_key": title_key(record.title)}
    if record.abstract:
        facts["abstract"] = record.abstract
    if "author_names" in facts:
        facts["author_names"] = list(record.author_names)
    if paper.key.startswith("title:"):
        facts |= {"key": record.key, "url": record.url}
    before = {name: was for name, value in facts.items() if (was := getattr(paper, name)) != value}
    for name in before:
        setattr(paper, name, facts[name])
    return before
