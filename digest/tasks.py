"""Celery tasks about papers: fetching sources, and a heartbeat.

All are idempotent, so delivery at least once is safe, and a lost one is made up by the next on schedule.
"""

import logging
import socket

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from digest.archive import indexing
from digest.ingestion import fetchers
from digest.models import Heartbeat, Source
from digest.sources import SourceChanged, SourceUnavailable

logger = logging.getLogger(__name__)

# What calling a task raises while the broker does not answer: where several threads wait for it, redis-py
# closes connections that others still read from, and these find a bad descriptor or a closed buffer.
NO_BROKER = (OperationalError, OSError, ValueError)


@shared_task
def show_life() -> None:
    """Leave a heartbeat: it gets through while the scheduler, the broker and a worker do their work."""
    Heartbeat.objects.beat("worker", timezone.now(), socket.gethostname())


@shared_task
def fetch_sources() -> None:
    """Fetch every enabled source."""
    for source_id in Source.objects.filter(enabled=True).values_list("pk", flat=True):
        fetch_source(source_id)


@shared_task
def fetch_source(source_id: int) -> None:
    """Fetch one source's recent editions; an error is kept with the source, for the operator."""
    source = Source.objects.fetchable().filter(pk=source_id).first()
    if source is None:
        return
    try:
        fetchers.fetch_recent(source, timezone.now())
    except (SourceUnavailable, SourceChanged) as error:
        logger.warning("%s: %s", source.name, error)
    indexing.refresh()
