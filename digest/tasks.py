"""Doors for Celery: wake-ups that fetch sources, and a sign of life. Lost or doubled, they change nothing."""

import logging
import socket

from celery import shared_task
from django.utils import timezone

from digest.archive import search
from digest.ingestion import fetchers
from digest.models import Heartbeat, Source
from digest.sources import SourceChanged, SourceUnavailable

logger = logging.getLogger(__name__)


@shared_task
def show_life() -> None:
    """The canary: comes through while the scheduler, the broker and a worker do their work."""
    Heartbeat.objects.beat("worker", timezone.now(), socket.gethostname())


@shared_task
def fetch_sources() -> None:
    """Fetch every enabled source."""
    for source_id in Source.objects.filter(enabled=True).values_list("pk", flat=True):
        fetch_source(source_id)


@shared_task
def fetch_source(source_id: int) -> None:
    """Fetch one source's recent editions; what went wrong stands on the source for the operator."""
    source = Source.objects.fetchable().filter(pk=source_id).first()
    if source is None:
        return
    try:
        fetchers.fetch_recent(source, timezone.now())
    except (SourceUnavailable, SourceChanged) as error:
        logger.warning("%s: %s", source.name, error)
    search.refresh()
