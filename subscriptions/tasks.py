"""Celery tasks: they wake workers, which find their work in the database.

Tasks are idempotent: one that is lost, late or delivered twice changes nothing.
"""

import logging
import time

from django.utils import timezone

from digest.celery import app
from digest.lib.counting import number_of
from digest.models import Heartbeat
from digest.tasks import NO_BROKER
from subscriptions import outbox
from subscriptions.accounts import library_lookup, sweeping
from subscriptions.emails import alarms
from subscriptions.planning import planner, runs, suggestions
from subscriptions.relay import open_relay

logger = logging.getLogger(__name__)
ROWS_A_TASK = 500
SECONDS_A_TASK = 20  # a worker that is told to stop waits for its task, and is waited for 60 seconds
WAKE_EXPIRES = 60  # by then the schedule has woken somebody


@app.task
def plan_digests() -> None:
    """Plan what is due, reclaim what crashed senders left."""
    now = timezone.now()
    outbox.reclaim_expired(now)
    planned = planner.plan(now)
    runs.update_states(now)
    Heartbeat.objects.beat("planner", timezone.now(), f"{number_of(planned.pending, 'digest')} planned")
    wake()


@app.task
def deliver() -> None:
    """Hand over waiting deliveries, a bounded number for a bounded time; the next wake-up goes on."""
    deadline = time.monotonic() + SECONDS_A_TASK

    def late() -> bool:
        return time.monotonic() > deadline

    relay = open_relay()
    try:
        claimed = outbox.deliver(relay, ROWS_A_TASK, stopped=late).total()
    finally:
        relay.close()
    if claimed >= ROWS_A_TASK or late():
        wake()


@app.task
def sweep() -> None:
    """Delete what nobody holds any more."""
    sweeping.sweep(timezone.now())


@app.task
def look_up_papers() -> None:
    """Look up some papers of readers' libraries; safe to call twice, or never."""
    library_lookup.look_up_next()


@app.task
def make_suggestions() -> None:
    """Find out once a day which change would help readers whose digests are often empty or often cut."""
    suggestions.make_daily(timezone.now())


@app.task
def ring_alarms() -> None:
    """Tell the operator what stops mail; safe to call twice, or never."""
    alarms.notify_operator(timezone.now())


def wake() -> None:
    """Tell a worker that something waits. Without a broker the schedule finds it soon."""
    try:
        deliver.apply_async(retry=False, expires=WAKE_EXPIRES)
    except NO_BROKER as error:
        logger.warning("no broker to wake a worker: %s", error)
