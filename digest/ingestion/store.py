"""Store an edition: each paper once, new papers released, no known fact lost.

parse → (lock) → edition → papers → release → entries, revisions
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from digest import sources
from digest.lib.records import PaperRecord, title_key
from digest.models import Edition, EditionEntry, Paper, Release, Revision, Source, release_lock
from digest.sources import ParsedAnswer, registry

NEW_AT_MOST = timedelta(days=180)  # so long it is known who got a paper; older ones are never new again

_FACTS = (
    "authors",
    "organization",
    "published",
    "comments",
    "upvotes",
    "code_url",
    "project_url",
    "summary",
    "author_names",
)
_MATCHED_FIELDS = {"title", "abstract", "author_names", "organization", "authors", "comments", "upvotes"}


@dataclass(frozen=True, slots=True)
class Ingested:
    """The result of storing an edition: `listed` papers, of which `added` entries, of which `new` papers."""

    edition: Edition
    listed: int
    added: int
    new: int
    rejected: int


def ingest(raw: bytes, source: Source, now: datetime, day: date | None = None) -> Ingested:
    """Parse `raw` and store it as an edition of `source`; papers that it adds are released to readers.

    Safe to repeat: the same answer again changes nothing. Raises what `sources.parse` raises, with
    nothing stored.
    """
    parsed = sources.parse(raw, today=now.date(), day=day)
    return store(parsed, raw, source, now)


def store(
    parsed: ParsedAnswer, raw: bytes, source: Source, now: datetime, *, release: bool = True
) -> Ingested:
    """Store a parsed edition in one transaction; without `release` nothing of it goes to readers.

    Papers stored without a release are released by the first edition that lists them with one. Of two
    raw answers for one day, the one with more papers is kept: a truncated one, or one of an earlier
    hour, does not replace it. Raises SourceChanged, with nothing stored, if there are no papers.
    """
    return _store(parsed, _Answer(raw, now), source, now, release=release)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The raw answer of a source, and when it was fetched."""

    raw: bytes
    fetched_at: datetime


@dataclass(slots=True)
class _ListedPaper:
    """A paper at its position in the edition; `before` holds the old values of the facts that it changed."""

    paper: Paper
    position: int
    before: dict[str, Any]


def _store(
    parsed: ParsedAnswer, answer: _Answer, source: Source, now: datetime, *, release: bool
) -> Ingested:
    if not parsed.papers:
        raise sources.SourceChanged(f"{source.title} lists no papers on {parsed.day}: nothing was stored.")
    with release_lock():
        edition = _edition(parsed, answer, source)
        entries = {entry.paper_id: entry for entry in edition.entries.all()}
        listed = _listed_papers(parsed.papers, source)
        added = sum(one.paper.pk not in entries for one in listed)
        unreleased = [one for one in listed if _is_unreleased(entries.get(one.paper.pk))]
        revised = [one for one in listed if _may_match_anew(one, now)]
        new_release = None
        if release and (unreleased or revised):
            new_release = Release.objects.create(edition=edition, released_at=now)
        new = sum(one.paper.pk is None for one in listed)
        for one in listed:
            _save(one, new_release)
        for one in unreleased:
            entry = entries.get(one.paper.pk) or EditionEntry(edition=edition, paper=one.paper)
            entry.position, entry.release = one.position, new_release
            entry.save()
        if new_release:
            Revision.objects.bulk_create(
                Revision(paper=one.paper, release=new_release, before=_matched_changes(one))
                for one in revised
            )
    return Ingested(edition, len(parsed.papers), added, new, len(parsed.rejected))


def _listed_papers(records: Sequence[PaperRecord], source: Source) -> list[_ListedPaper]:
    """The papers of the records, each once, with the facts of the records; nothing is saved yet."""
    known = _known_papers(records)
    listed: dict[int, _ListedPaper] = {}
    for position, record in enumerate(records, start=1):
        paper = _find(known, record)
        if paper is None:
            paper = Paper(key=record.key, url=record.url, day=record.day, source_name=source.name)
        before = _update(paper, record)
        if not paper.source_name:  # until now it was only looked up
            before |= {"source_name": "", "day": paper.day}
            paper.source_name, paper.day = source.name, record.day
        one = listed.setdefault(id(paper), _ListedPaper(paper, position, {}))
        one.before = before | one.before
        known[record.key] = known[paper.key] = known[paper.title_key] = paper
    return list(listed.values())


def _is_unreleased(entry: EditionEntry | None) -> bool:
    return entry is None or entry.release_id is None


def _may_match_anew(one: _ListedPaper, now: datetime) -> bool:
    """Whether queries may match the paper that did not before; never one that was released long ago."""
    release = one.paper.release
    return release is not None and release.released_at > now - NEW_AT_MOST and bool(_matched_changes(one))


def _matched_changes(one: _ListedPaper) -> dict[str, Any]:
    """The old values of the changed facts that queries look at."""
    return {name: value for name, value in one.before.items() if name in _MATCHED_FIELDS}


def _save(one: _ListedPaper, new_release: Release | None) -> None:
    """Save the paper if it is new, changed or released only now."""
    first_release = new_release is not None and one.paper.release_id is None
    if first_release:
        one.paper.release = new_release
    if first_release or one.before or one.paper.pk is None:
        one.paper.save()


def _edition(parsed: ParsedAnswer, answer: _Answer, source: Source) -> Edition:
    """The stored edition of that day, with whichever raw answer has more papers: its own or this one."""
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
    """How many papers the stored answer of `edition` holds; 0 if it cannot be parsed any more."""
    try:
        kept = _parse_stored(edition, zlib.decompress(edition.raw))
    except sources.SourceChanged:
        return 0
    return len(kept.papers)


def _parse_stored(edition: Edition, raw: bytes) -> ParsedAnswer:
    """What `raw`, the stored answer of `edition`, lists: read by the adapter of its format, by no other.

    Raises what `sources.parse` raises, and SourceChanged if this version lacks its format.
    """
    try:
        adapter = registry.adapter_reading(edition.format)
    except KeyError as error:
        raise sources.SourceChanged(
            f"Expected a format of this version, found “{edition.format}”."
        ) from error
    return sources.parse(raw, today=edition.day, day=edition.day, adapter=adapter)


def reparse(edition: Edition, now: datetime) -> Ingested:
    """Parse the stored answer of `edition` again, as after an upgrade of the parser.

    Papers found in addition are released, unless the edition was only stored. Raises what `sources.parse`
    and `store` raise, and SourceChanged if this version lacks its format.
    """
    answer = _Answer(zlib.decompress(edition.raw), edition.fetched_at)
    parsed = _parse_stored(edition, answer.raw)
    return _store(parsed, answer, edition.source, now, release=edition.releases.exists())


def _known_papers(records: Sequence[PaperRecord]) -> dict[str, Paper]:
    """The stored papers that may be those of the records, by key and by title key."""
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


def _update(paper: Paper, record: PaperRecord) -> dict[str, Any]:
    """Set the facts that `record` has; those it lacks stay. Returns the old values of what changed."""
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
