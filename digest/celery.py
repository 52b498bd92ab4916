"""The Celery app. Tasks are idempotent triggers; all state is in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init

from digest.management.serving.preflight import CannotServe, require_no_eviction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")

app = Celery("digest")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def refuse_evicting_broker(**_: Any) -> None:
    """End a worker whose broker may drop tasks, before it takes one."""
    try:
        require_no_eviction(app.conf.broker_url.replace("redis+socket://", "unix://", 1))
    except CannotServe as error:
        raise SystemExit(str(error)) from error
