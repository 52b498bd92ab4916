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
    """The result of storing an answer: the `editions` that it has papers of, oldest first.

    It `listed` so many papers: they `added` entries to editions, for `new` papers. `updated` are papers known
    before of which it told newer facts only; `rejected` those that could not be read.
    """

    editions: tuple[Edition, ...]
    listed: int
    added: int
    new: int
    rejected: int
    updated: int = 0


def ingest(raw: bytes, source: Source, now: datetime, day: date | None = None) -> Ingested:
    """Parse `raw` and store it as an answer of `source`; papers that it adds are released to readers.

    Safe to repeat: the same answer again changes nothing. Raises what `sources.parse` raises, with
    nothing stored.
    """
    return store(sources.parse(raw, today=now.date(), day=day), source, now)


def store(
    parsed: ParsedAnswer,
    source: Source,
    now: datetime,
    *,
    fetched_at: datetime | None = None,
    release: bool = True,
) -> Ingested:
    """Store what an answer lists in one transaction; without `release` nothing of it goes to readers.

    Each paper goes to the edition of its own day; editions are released oldest first. Papers stored without a
    release are released by the first edition that lists them with one. `fetched_at` is when the source gave
    the answer, if that was not now. Raises SourceChanged, with nothing stored, if there are no papers.
    """
    if not parsed.papers and not parsed.updates:
        raise sources.SourceChanged(f"{source.title} lists no papers on {parsed.day}: nothing was stored.")
    by_day: dict[date, list[PaperRecord]] = {}
    for record in parsed.papers:
        by_day.setdefault(record.day, []).append(record)
    with release_lock():
        stored = []
        for day, records in sorted(by_day.items()):
            edition = _edition(parsed, day, source, fetched_at or now)
            stored.append(_store_edition(edition, records, source, now, release=release))
        updated = _update_known(parsed.updates, source, now, release=release)
    return Ingested(
        tuple(edition for edition, _, _ in stored),
        len(parsed.papers),
        sum(added for _, added, _ in stored),
        sum(new for _, _, new in stored),
        len(parsed.rejected),
        updated,
    )


@dataclass(slots=True)
class _ListedPaper:
    """A paper at its position in the edition; `before` holds the old values of the facts that it changed."""

    paper: Paper
    position: int
    before: dict[str, Any]


def _store_edition(
    edition: Edition, records: Sequence[PaperRecord], source: Source, now: datetime, *, release: bool
) -> tuple[Edition, int, int]:
    """Store the papers of one edition; how many entries and how many papers that added."""
    entries = {entry.paper_id: entry for entry in edition.entries.all()}
    listed = _listed_papers(records, source)
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
    _revise(revised, new_release)
    return edition, added, new


def _update_known(records: Sequence[PaperRecord], source: Source, now: datetime, *, release: bool) -> int:
    """Change those papers that are known already; how many these are."""
    known = _known_papers(records)
    listed = _listed_papers([record for record in records if _find(known, record)], source)
    revised = [one for one in listed if _may_match_anew(one, now)]
    new_release = Release.objects.create(released_at=now) if release and revised else None
    for one in listed:
        if one.before:
            one.paper.save()
    _revise(revised, new_release)
    return len(listed)


def _revise(revised: Sequence[_ListedPaper], new_release: Release | None) -> None:
    if new_release:
        Revision.objects.bulk_create(
            Revision(paper=one.paper, release=new_release, before=_matched_changes(one)) for one in revised
        )


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


def _edition(parsed: ParsedAnswer, day: date, source: Source, fetched_at: datetime) -> Edition:
    """The stored edition of that day; what could not be read belongs to the day that the answer is about."""
    edition = Edition.objects.filter(source=source, day=day).first()
    if edition is None:
        edition = Edition(source=source, day=day)
    elif edition.fetched_at > fetched_at or parsed.day != day:
        return edition
    edition.format, edition.fetched_at = parsed.format, fetched_at
    if parsed.day == day:
        edition.rejected = [{"position": r.position, "title": r.title, "why": r.why} for r in parsed.rejected]
    edition.save()
    return edition


def reparse(edition: Edition, now: datetime) -> Ingested:
    """Parse the last stored answer for `edition` again, as after an upgrade of the parser.

    Papers found in addition are released, unless the edition was only stored. Raises what `sources.parse`
    and `store` raise, and SourceChanged if no answer is stored or this version lacks its format.
    """
    answers = edition.source.raw_answers.filter(day=edition.day).exclude(format="")
    last = answers.order_by("-fetched_at").first()
    if last is None:
        raise sources.SourceChanged(f"Expected a stored answer for {edition}, found none.")
    try:
        adapter = registry.adapter_reading(last.format)
    except KeyError as error:
        raise sources.SourceChanged(f"Expected a format of this version, found “{last.format}”.") from error
    parts = answers.filter(fetched_at=last.fetched_at).order_by("part").select_related("body")
    parsed = sources.parse_parts(
        [zlib.decompress(part.body.compressed) for part in parts],
        today=edition.day,
        day=edition.day,
        adapter=adapter,
    )
    release = edition.releases.exists()
    return store(parsed, edition.source, now, fetched_at=last.fetched_at, release=release)


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
