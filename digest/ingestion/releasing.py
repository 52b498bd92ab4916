"""Release what was only stored: papers that a replay or a backfill brought become new to readers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db.models import Min, QuerySet

from digest.ingestion.store import NEW_AT_MOST
from digest.models import Edition, EditionEntry, Paper, Release, Source, release_lock


@dataclass(frozen=True, slots=True)
class Released:
    """An edition, and how many of its papers its release made new to readers."""

    edition: Edition
    papers: int


def oldest_day(now: datetime) -> date:
    """The first day whose papers can still be new: of older ones it is not known who had them."""
    return now.date() - NEW_AT_MOST


def unreleased(now: datetime, source: Source | None = None) -> QuerySet[EditionEntry]:
    """The entries of papers that no release ever brought, in editions that are not too old for one."""
    entries = EditionEntry.objects.filter(
        release=None, paper__release=None, edition__day__gte=oldest_day(now)
    ).order_by()
    return entries if source is None else entries.filter(edition__source=source)


def counted_by_day(entries: QuerySet[EditionEntry]) -> Mapping[date, int]:
    """How many papers these entries list, each counted on the first of its days; in order of day."""
    firsts = entries.values("paper").annotate(first=Min("edition__day"))
    return dict(sorted(Counter(firsts.values_list("first", flat=True)).items()))


def release(entries: QuerySet[EditionEntry], now: datetime) -> list[Released]:
    """Make the papers of these unreleased entries new to readers, in order of day; each once.

    An edition that lists a paper as well is released with it, later. Safe to repeat: what was released is no
    longer among the `unreleased`.
    """
    with release_lock():
        listed = entries.select_related("edition__source").order_by("edition__day", "edition__source")
        by_edition = groupby(list(listed), key=lambda entry: entry.edition)
        return [_release(edition, list(of_edition), now) for edition, of_edition in by_edition]


def _release(edition: Edition, entries: Sequence[EditionEntry], now: datetime) -> Released:
    new_release = Release.objects.create(edition=edition, released_at=now)
    EditionEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(release=new_release)
    papers = Paper.objects.filter(pk__in=[entry.paper_id for entry in entries], release=None)
    return Released(edition, papers.update(release=new_release))
