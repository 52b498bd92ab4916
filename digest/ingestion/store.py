"""Store what an answer lists: each paper once, new papers released, no known fact lost.

records → (lock) → papers → mergers → editions → releases → papers, keys, entries, revisions
"""

from dataclasses import dataclass
from datetime import date, datetime

from digest import sources
from digest.ingestion import raw_answers
from digest.ingestion.listing import Listing
from digest.ingestion.saving import NEW_AT_MOST, Saving
from digest.models import Edition, Source, release_lock
from digest.sources import ParsedAnswer

__all__ = ["NEW_AT_MOST", "Ingested", "ingest", "store"]


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


def ingest(
    raw: bytes, source: Source, now: datetime, day: date | None = None, *, release: bool = True
) -> Ingested:
    """Parse `raw`, keep it and store it as an answer of `source`; what it adds is released to readers.

    Safe to repeat: the same answer again changes nothing. Raises what `sources.parse` and `store` raise, with
    nothing stored.
    """
    parsed = sources.parse(raw, today=now.date(), day=day)
    of_one_day = all(record.day == parsed.day for record in parsed.papers)
    with release_lock():  # before `keep` locks this source alone: whoever has it takes all, in order
        about = parsed.day if of_one_day else day  # so it is found by its day though nobody named that
        raw_answers.keep(source, about, (raw,), parsed.format, now)
        return store(parsed, source, now, release=release)


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
