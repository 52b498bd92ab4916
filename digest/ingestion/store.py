"""Store what an answer lists: each paper once, new papers released, no known fact lost.

records → (lock) → papers → mergers → editions → releases → papers, keys, entries, revisions
"""

import zlib
from dataclasses import dataclass
from datetime import date, datetime

from digest import sources
from digest.ingestion.listing import Listing
from digest.ingestion.saving import Saving
from digest.models import Edition, Source, release_lock
from digest.sources import ParsedAnswer, registry


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
    the answer, if that was not now: what was told later stays. Raises SourceChanged, with nothing stored, if
    there are no papers.
    """
    if not parsed.papers and not parsed.updates:
        raise sources.SourceChanged(f"{source.title} lists no papers on {parsed.day}: nothing was stored.")
    with release_lock():
        listing = Listing(parsed, source, fetched_at or now)
        saving = Saving(listing, now)
        saving.save(release=release)
    return Ingested(
        editions=tuple(saving.editions[day] for day in listing.by_day),
        listed=len(parsed.papers),
        added=saving.added,
        new=len(saving.new),
        rejected=len(parsed.rejected),
        updated=len(listing.updated),
    )


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
