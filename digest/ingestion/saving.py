"""Save what an answer lists: few statements, however many papers, for the release lock is held meanwhile."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from digest.ingestion.facts import FACTS
from digest.ingestion.listing import Listing
from digest.ingestion.merging import merge
from digest.models import Edition, EditionEntry, Paper, PaperKey, Release, Revision

NEW_AT_MOST = timedelta(days=180)  # so long it is known who got a paper; older ones are never new again

_COUNTS = {"authors", "comments", "upvotes"}
_MATCHED = {"title", "abstract", "author_names", "organization", "listed_by"} | _COUNTS
_SAVED = (*FACTS, "key", "title_key", "likely_key", "told", "source_name", "listed_by", "day", "release")
_BATCH = 500


class Saving:
    """Saves a listing, once: its `editions` by day, `new` papers, and `added` entries to editions."""

    def __init__(self, listing: Listing, now: datetime) -> None:
        self._listing, self._now = listing, now
        self.new = [paper for paper in listing if paper.pk is None]
        self.editions: Mapping[date, Edition] = {}
        self.added = 0

    def save(self, *, release: bool) -> None:
        """Save everything, within a transaction; without `release` nothing of it goes to readers.

        But who was still to get a paper that becomes another one is still to get it: that is a revision.
        """
        merged = {gone: paper for gone, paper in self._listing.known.merged.items() if paper.pk}
        merge(merged)
        self.editions = self._saved_editions()
        entries = self._stored_entries()
        awaited = {id(paper) for gone, paper in merged.items() if gone.release_id}
        may_be_revised = (paper for paper in self._listing if release or id(paper) in awaited)
        revised = [paper for paper in may_be_revised if self._may_match_anew(paper)]
        releases = self._released(entries) if release else {}
        if revised and not releases:
            newest = self.editions[max(self.editions)] if self.editions else None
            releases = {date.max: Release.objects.create(edition=newest, released_at=self._now)}
        self._save_papers(releases)
        self._save_entries(entries, releases)
        if releases:
            last = releases[max(releases)]
            Revision.objects.bulk_create(
                Revision(paper=paper, release=last, before=self._matched_changes(paper)) for paper in revised
            )

    def _saved_editions(self) -> dict[date, Edition]:
        """The editions of the papers; what could not be read belongs to the day that the answer is about."""
        parsed, fetched_at = self._listing.parsed, self._listing.fetched_at
        of_source = Edition.objects.filter(source=self._listing.source, day__in=self._listing.by_day)
        stored = {edition.day: edition for edition in of_source}
        for day in self._listing.by_day:
            edition = stored.setdefault(day, Edition(source=self._listing.source, day=day))
            if edition.pk and (edition.fetched_at > fetched_at or parsed.day != day):
                continue
            edition.format, edition.fetched_at = parsed.format, fetched_at
            if parsed.day == day:
                edition.rejected = [
                    {"position": one.position, "title": one.title, "why": one.why} for one in parsed.rejected
                ]
            edition.save()
        return stored

    def _stored_entries(self) -> dict[tuple[date, int], EditionEntry]:
        days = {edition.pk: day for day, edition in self.editions.items()}
        entries = EditionEntry.objects.filter(edition__in=days)
        return {(days[entry.edition_id], entry.paper_id): entry for entry in entries}

    def _released(self, entries: Mapping[tuple[date, int], EditionEntry]) -> dict[date, Release]:
        """A release for each edition with papers not released in it before, the oldest day first."""
        return {
            day: Release.objects.create(edition=self.editions[day], released_at=self._now)
            for day, papers in self._listing.by_day.items()
            if any(_is_unreleased(entries.get((day, paper.pk))) for paper in papers)
        }

    def _may_match_anew(self, paper: Paper) -> bool:
        """Whether queries may match the paper that did not before; never one that was released long ago."""
        recent = paper.release is not None and paper.release.released_at > self._now - NEW_AT_MOST
        return recent and bool(self._matched_changes(paper))

    def _matched_changes(self, paper: Paper) -> dict[str, Any]:
        """The old values of the changed facts that queries look at."""
        return {name: was for name, was in self._listing.changes(paper).items() if name in _MATCHED}

    def _save_papers(self, releases: Mapping[date, Release]) -> None:
        """Save new papers, changed ones, and of all others only that they were told again."""
        first_released: dict[int, Release] = {}
        for day, papers in self._listing.by_day.items():
            for paper in papers:
                if paper.release_id is None and day in releases:
                    paper.release = first_released[id(paper)] = releases[day]
        changed: list[Paper] = []
        told: list[Paper] = []
        # In the order in which search, too, updates papers: else two could wait for each other for ever.
        for paper in sorted((one for one in self._listing if one.pk), key=lambda one: one.pk):
            if id(paper) in first_released or self._listing.changes(paper):
                changed.append(paper)
            elif self._listing.is_told_anew(paper):
                told.append(paper)
        Paper.objects.bulk_create(self.new, _BATCH)
        Paper.objects.bulk_create(
            changed,
            _BATCH,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*_SAVED, "updated_at"],
        )
        Paper.objects.bulk_update(told, ["told"], _BATCH)
        keys = (
            PaperKey(key=key, paper=self._listing.known.current(paper))
            for key, paper in self._listing.known.new_keys.items()
        )
        PaperKey.objects.bulk_create(keys, _BATCH, ignore_conflicts=True)

    def _save_entries(
        self, entries: Mapping[tuple[date, int], EditionEntry], releases: Mapping[date, Release]
    ) -> None:
        added: list[EditionEntry] = []
        released: list[EditionEntry] = []
        for day, papers in self._listing.by_day.items():
            for position, paper in enumerate(papers, start=1):
                entry = entries.get((day, paper.pk))
                if not _is_unreleased(entry):
                    continue
                if entry is None:
                    entry = EditionEntry(edition=self.editions[day], paper=paper)
                entry.position, entry.release = position, releases.get(day)
                (released if entry.pk else added).append(entry)
        EditionEntry.objects.bulk_create(added, _BATCH)
        EditionEntry.objects.bulk_update(released, ["position", "release"], _BATCH)
        self.added = len(added)


def _is_unreleased(entry: EditionEntry | None) -> bool:
    return entry is None or entry.release_id is None
