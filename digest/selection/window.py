"""Windows: the papers that releases brought, and what they changed of earlier ones."""

from collections import defaultdict
from copy import copy
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from digest.models import Edition, EditionEntry, Paper, Release, Revision, Source


@dataclass(frozen=True)
class Window:
    """The papers that digests over the same releases are selected from, as they were at the last of these.

    `revised` came out before, and the releases changed what is told of them in the fields `changed`;
    `before` has them as they were.
    """

    day: date | None
    papers: tuple[Paper, ...]
    seen_papers: frozenset[int]
    revised: tuple[Paper, ...] = ()
    before: tuple[Paper, ...] = ()
    changed: frozenset[str] = frozenset()

    @classmethod
    def load(cls, after: int, through: int, seen_through: int, *, first: bool) -> "Window":
        """What the releases after `after` up to `through` listed.

        Papers of release `seen_through` or before are `seen_papers`; those of them which the releases revised
        come along, also as they were at `after`. For a first digest also the newest editions as of `after`.
        """
        covered = Q(release__gt=after, release__lte=through)
        if first:
            covered |= Q(edition__in=_newest_editions(after), release__lte=after)
        listed = EditionEntry.objects.filter(covered).select_related("paper")
        entries = list(listed.annotate(day=F("edition__day")).order_by("day", "edition_id", "position"))
        papers = {entry.paper_id: entry.paper for entry in entries}
        seen = frozenset(pk for pk, paper in papers.items() if (paper.release_id or 0) <= seen_through)
        later = undoing(Revision.objects.filter(release__gt=through))
        changes = undoing(
            Revision.objects.filter(release__gt=after, release__lte=through, paper__release__lte=seen_through)
        )
        stored = Paper.objects.filter(pk__in=changes).order_by("pk")
        revised = tuple(with_values(paper, later.get(paper.pk, {})) for paper in stored)
        days = [entry.day for entry in entries[-1:]] or [paper.day for paper in revised]
        return cls(
            max(days, default=None),
            tuple(with_values(paper, later.get(paper.pk, {})) for paper in papers.values()),
            seen,
            revised,
            tuple(with_values(paper, changes[paper.pk]) for paper in revised),
            frozenset(name for before in changes.values() for name in before),
        )


def undoing(revisions: QuerySet[Revision]) -> dict[int, dict[str, Any]]:
    """What each paper said before these revisions, as far as they changed it."""
    before: dict[int, dict[str, Any]] = defaultdict(dict)
    for paper, values in revisions.order_by("-release_id").values_list("paper_id", "before"):
        before[paper] |= values
    return before


def with_values(paper: Paper, values: dict[str, Any]) -> Paper:
    """The paper with these values, to look at only."""
    if not values:
        return paper
    other = copy(paper)
    for name, value in values.items():
        setattr(other, name, value)
    return other


def _newest_editions(release: int) -> list[int]:
    """The newest edition of each source as of `release`; the demo's only while there is no other."""
    by_then = Exists(Release.objects.filter(edition=OuterRef("pk"), pk__lte=release))
    newest = dict(Edition.objects.filter(by_then).order_by("day").values_list("source_id", "pk"))
    real = Source.objects.filter(pk__in=newest, demo=False).values_list("pk", flat=True)
    return [newest[source] for source in real] or list(newest.values())
