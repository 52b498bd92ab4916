"""Settings of a broker that gives a task to a second worker after five seconds, done or not."""

from digest.settings import *  # noqa: F403
from digest.settings import CELERY_BROKER_TRANSPORT_OPTIONS

CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = 5
