"""The right to fetch a source: of all workers and commands one has it at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from digest.models import Source
from digest.sources import SourceUnavailable

GIVEN_UP_AFTER = timedelta(minutes=10)  # without a request: whoever had it is gone


@contextmanager
def only_here(source: Source) -> Iterator[Callable[[], None]]:
    """Fetch `source` here, and nowhere else. Call what this gives before each request: it keeps the right.

    Raises SourceUnavailable, at the beginning or there, where another process has it.
    """
    row = Source.objects.filter(pk=source.pk)
    moment = timezone.now()
    until = _take(row.filter(Q(fetching_until=None) | Q(fetching_until__lt=moment)), source)

    def keep() -> None:
        nonlocal until
        until = _take(row.filter(fetching_until=until), source)

    try:
        yield keep
    finally:
        row.filter(fetching_until=until).update(fetching_until=None)


def _take(row: QuerySet[Source], source: Source) -> datetime:
    """Until when the right is held now; it is only taken from a `row` that was found."""
    until = timezone.now() + GIVEN_UP_AFTER
    if not row.update(fetching_until=until):
        raise SourceUnavailable(f"{source.title} is being fetched by another process.")
    return until
