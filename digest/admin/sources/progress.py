"""How far a fetch is that somebody asked for: told by the source's history and its last check."""

from datetime import timedelta
from enum import Enum

from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import get_content_type_for_model
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from digest.models import Source

ASKED = "Fetch requested."
PATIENCE = timedelta(minutes=2)  # for a fetch; then it is not under way any more


class Progress(Enum):
    """What became of a fetch that somebody asked for."""

    DONE, FETCHING, STUCK = range(3)


def with_last_entry(sources: QuerySet[Source]) -> QuerySet[Source]:
    """With the last entry of each source's history, which says whether a fetch was asked for."""
    history = LogEntry.objects.filter(
        content_type=get_content_type_for_model(Source), object_id=Cast(OuterRef("pk"), CharField())
    ).order_by("-action_time", "-pk")
    said, at = history.values("change_message")[:1], history.values("action_time")[:1]
    return sources.annotate(last_entry=Subquery(said), entered=Subquery(at))


def progress_of(source: Source) -> Progress:
    """By the last entry in the source's history, `last_entry` of the moment `entered`."""
    entry, entered = getattr(source, "last_entry", None), getattr(source, "entered", None)
    if entry != ASKED or entered is None or (source.checked_at and source.checked_at >= entered):
        return Progress.DONE
    return Progress.FETCHING if entered > timezone.now() - PATIENCE else Progress.STUCK
