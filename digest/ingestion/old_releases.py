"""Old values of papers, and releases that brought nothing else, go when no digest asks for them any more."""

from django.db.models import Exists, OuterRef, QuerySet

from digest.models import Edition, EditionEntry, Paper, Release, Revision, newest_release


def old_revisions(through: int) -> QuerySet[Revision]:
    """What the releases up to `through` changed."""
    return Revision.objects.filter(release__lte=through)


def empty_releases(through: int) -> QuerySet[Release]:
    """Releases up to `through` that brought nothing, but for what they changed.

    Not the newest of all, whose number readers' digests cover, nor those of the newest edition of a source:
    by them a first digest finds it.
    """
    newest = Edition.objects.filter(releases__isnull=False).order_by("source", "-day")
    latest = newest.filter(source=OuterRef("edition__source")).values("pk")[:1]
    old = Release.objects.filter(pk__lte=through, pk__lt=newest_release())
    for rows in (Paper.objects.all(), EditionEntry.objects.all()):
        old = old.exclude(Exists(rows.filter(release=OuterRef("pk"))))
    return old.exclude(edition=latest)


def forget(through: int, most: int) -> tuple[int, int]:
    """Delete up to `most` of each; how many revisions and releases went."""
    revisions = list(old_revisions(through).values_list("pk", flat=True)[:most])
    Revision.objects.filter(pk__in=revisions).delete()
    if len(revisions) == most:
        return most, 0  # a release takes its revisions along
    releases = list(empty_releases(through).values_list("pk", flat=True)[:most])
    Release.objects.filter(pk__in=releases).delete()
    return len(revisions), len(releases)
