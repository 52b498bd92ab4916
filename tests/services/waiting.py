"""Waiting for what another process does."""

import time
from collections.abc import Callable


def wait_until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Return when `true()` is; fail, naming `what` was waited for, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds:g} s for {what}")
        time.sleep(0.05)
