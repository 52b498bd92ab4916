"""Settings of a machine whose clock is wrong by CLOCK_OFFSET seconds."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

from digest.settings import *  # noqa: F403

_wrong = datetime.now(UTC) + timedelta(seconds=int(os.environ["CLOCK_OFFSET"]))
time_machine.travel(_wrong, tick=True).start()
