"""The Celery app: tasks are wake-ups, the truth is in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from digest.management.serving.preflight import CannotServe, require_lasting_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_to_lose_tasks(**_: Any) -> None:
    """End a worker whose broker may drop tasks, before it takes one."""
    try:
        require_lasting_broker(app.conf.broker_url.replace("redis+socket://", "unix://", 1))
    except CannotServe as error:
        raise SystemExit(str(error)) from error
