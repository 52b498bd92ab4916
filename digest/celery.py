"""The Celery app. Tasks are idempotent triggers; all state is in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from digest import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # A task that waited longer is dropped: while no worker runs they pile up, and one is enough.
    "fetch sources": {
        "task": "digest.tasks.fetch_sources",
        "schedule": 15 * 60,
        "options": {"expires": 15 * 60},
    },
    "the heartbeat that the watchdog of `serve` waits for": {
        "task": "digest.tasks.show_life",
        "schedule": 10,
        "options": {"expires": 30},
    },
    "plan digests, and start delivering": {
        "task": "subscriptions.tasks.plan_digests",
        "schedule": 20,
        "options": {"expires": 2 * 60},  # clocks of several machines may differ
    },
    "delete what nobody holds any more": {
        "task": "subscriptions.tasks.sweep",
        "schedule": 60 * 60,
        "options": {"expires": 60 * 60},
    },
    "look up papers of libraries": {
        "task": "subscriptions.tasks.look_up_papers",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "make suggestions, once a day": {
        "task": "subscriptions.tasks.make_suggestions",
        "schedule": 60 * 60,
        "options": {"expires": 60 * 60},
    },
    "mail alarms to the operator": {
        "task": "subscriptions.tasks.ring_alarms",
        "schedule": 5 * 60,
        "options": {"expires": 5 * 60},
    },
}


@worker_init.connect
def refuse_evicting_broker(**_: Any) -> None:
    """End a worker whose broker may drop tasks, before it takes one."""
    if evicts := broker.eviction(app.conf.broker_url.replace("redis+socket://", "unix://", 1)):
        raise SystemExit(evicts)
