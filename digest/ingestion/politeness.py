"""How often a site is asked: all processes that share the database wait for their turns there."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address

from django.db import DatabaseError, transaction
from django.utils import timezone

from digest.env import LOCAL_NAMES
from digest.models import AskedSite
from digest.sources import SourceUnavailable

PATIENCE = timedelta(seconds=60)  # for a turn; whoever would wait longer comes back at the next check
LONGEST_REST = timedelta(days=1)

logger = logging.getLogger(__name__)


def wait_for_turn(
    host: str, interval: float, sleep: Callable[[float], None] = time.sleep, patience: timedelta = PATIENCE
) -> None:
    """Wait until `interval` seconds have passed since anybody's last request to the site of `host`.

    Raises SourceUnavailable if the site asked to be left alone for long. This machine is asked at once.
    Without a database each caller keeps to the interval by itself.
    """
    if host in LOCAL_NAMES:
        return
    now = timezone.now()
    try:
        turn = _take_turn(site_of(host), interval, now, patience)
    except DatabaseError as error:
        logger.warning("the pace of asking %s cannot be kept: %s", host, error)
        turn = now + timedelta(seconds=interval)
    sleep((turn - now).total_seconds())


def rest(host: str, seconds: float) -> None:
    """Let nobody ask the site of `host` for so many seconds, at most a day."""
    if host in LOCAL_NAMES:
        return
    until = timezone.now() + min(timedelta(seconds=min(seconds, 1e6)), LONGEST_REST)
    try:
        with transaction.atomic():
            row = _locked(site_of(host), until)
            row.free_at = max(row.free_at, until)
            row.save(update_fields=["free_at"])
    except DatabaseError as error:
        logger.warning("that %s asks to be left alone cannot be kept: %s", host, error)


def site_of(host: str) -> str:
    """What answers for `host`: arXiv's hosts are one site, and so are a publisher's.

    Its last two labels, or three below a short one of a country (“ox.ac.uk”).
    """
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        labels = host.lower().rstrip(".").split(".")
    else:
        return host
    below_country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if below_country else -2 :])[:253]


def _take_turn(site: str, interval: float, now: datetime, patience: timedelta) -> datetime:
    """When whoever asks may do so; nobody else may until `interval` after that."""
    with transaction.atomic():
        row = _locked(site, now)
        # Nobody rests for longer: a clock was ahead when that was noted.
        turn = max(now, row.free_at) if row.free_at <= now + LONGEST_REST else now
        if turn - now > patience:
            raise SourceUnavailable(f"{site} asked to be left alone until {row.free_at:%d %b %H:%M} UTC.")
        row.interval = max(row.interval, interval)
        row.free_at = turn + timedelta(seconds=row.interval)
        row.save(update_fields=["free_at", "interval"])
    return turn


def _locked(site: str, free_at: datetime) -> AskedSite:
    AskedSite.objects.bulk_create([AskedSite(site=site, free_at=free_at, interval=0)], ignore_conflicts=True)
    return AskedSite.objects.select_for_update().get(site=site)
