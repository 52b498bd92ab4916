"""Settings of a broker that gives a task to the next worker after five seconds, while the first works on it."""

from digest.settings import *  # noqa: F403
from digest.settings import CELERY_BROKER_TRANSPORT_OPTIONS

CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = 5
