"""Celery tasks about papers: fetching sources, and a heartbeat.

All are idempotent, so delivery at least once is safe, and a lost one is made up by the next on schedule.
"""

import logging
import socket

from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from digest.archive import indexing
from digest.celery import app
from digest.ingestion import checks
from digest.ingestion.fetchers import fetchable
from digest.ingestion.health.watch import watch
from digest.models import Heartbeat, Source
from digest.sources import SourceChanged, SourceUnavailable

logger = logging.getLogger(__name__)

# What calling a task raises while the broker does not answer: where several threads wait for it, redis-py
# closes connections that others still read from, and these find a bad descriptor or a closed buffer.
NO_BROKER = (OperationalError, OSError, ValueError)


@app.task
def show_life() -> None:
    """Leave a heartbeat: it gets through while the scheduler, the broker and a worker do their work."""
    Heartbeat.objects.beat("worker", timezone.now(), socket.gethostname())


@app.task
def refresh_search() -> None:
    """Let the search find papers that were stored by hand."""
    indexing.refresh()


@app.task
def fetch_sources() -> None:
    """Fetch every enabled source, the one that was checked longest ago first."""
    Source.objects.note_enabled(timezone.now())
    enabled = Source.objects.filter(enabled=True).order_by(F("checked_at").asc(nulls_first=True))
    for source_id in list(enabled.values_list("pk", flat=True)):
        _fetch(source_id, at_once=False)
    watch(timezone.now())


@app.task
def fetch_source(source_id: int) -> None:
    """Fetch what one source lists now, for somebody who waits for it."""
    _fetch(source_id, at_once=True)
    watch(timezone.now())


def _fetch(source_id: int, *, at_once: bool) -> None:
    """Check one source; an error is kept with it, for the operator."""
    source = fetchable().filter(pk=source_id).first()
    if source is None:
        return
    try:
        checks.check(source, timezone.now(), at_once=at_once)
    except (SourceUnavailable, SourceChanged) as error:
        logger.warning("%s: %s", source.name, error)
    indexing.refresh()
