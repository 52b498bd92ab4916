"""Windows: the papers that releases brought, and what they changed of earlier ones."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, Q

from digest.models import Edition, EditionEntry, Paper, Release, Revision, Source
from digest.selection.pool import Pool, undoing, with_values


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
    def load(cls, pool: Pool, after: int, seen_through: int, *, first: bool) -> "Window":
        """What the releases after `after` up to that of the pool listed.

        Papers of release `seen_through` or before are `seen_papers`; those of them which the releases revised
        come along, also as they were at `after`. For a first digest also the newest editions as of `after`.
        """
        through = pool.through
        covered = Q(release__gt=after, release__lte=through)
        if first:
            covered |= Q(edition__in=_newest_editions(after), release__lte=after)
        listed = EditionEntry.objects.filter(covered).annotate(day=F("edition__day"))
        days = dict(listed.order_by("day", "edition_id", "position").values_list("paper_id", "day"))
        revised_since = Revision.objects.filter(release__gt=after, release__lte=through)
        changes = undoing(revised_since.filter(paper__release__lte=seen_through)) if after < through else {}
        pool.read([*days, *sorted(changes)])
        papers = tuple(pool.papers[pk] for pk in days if pk in pool.papers)
        seen = frozenset(paper.pk for paper in papers if (paper.release_id or 0) <= seen_through)
        revised = tuple(pool.papers[pk] for pk in sorted(changes) if pk in pool.papers)
        return cls(
            max(days.values() or [paper.day for paper in revised], default=None),
            papers,
            seen,
            revised,
            tuple(with_values(paper, changes[paper.pk]) for paper in revised),
            frozenset(name for before in changes.values() for name in before),
        )


def _newest_editions(release: int) -> list[int]:
    """The newest edition of each source as of `release`; the demo's only while there is no other."""
    by_then = Exists(Release.objects.filter(edition=OuterRef("pk"), pk__lte=release))
    newest = dict(Edition.objects.filter(by_then).order_by("day").values_list("source_id", "pk"))
    real = Source.objects.filter(pk__in=newest, demo=False).values_list("pk", flat=True)
    return [newest[source] for source in real] or list(newest.values())
