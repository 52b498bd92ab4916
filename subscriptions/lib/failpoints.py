"""Fault injection points of a hand-over: a test lets a process crash there and looks at what is left.

FAILPOINT in the environment names a point, or `point:n` for the n-th time that this process reaches it. The
process then exits at once, as by SIGKILL: nothing is rolled back, closed or written.
"""

import os
from itertools import count
from typing import Literal, get_args

Step = Literal[
    "claimed",
    "composed",
    "handing committed",
    "envelope sent",
    "message sent",
    "end of data sent",
    "reply read",
    "reply kept",
    "recorded",
]
EXIT = 86  # the exit code that tells a test that it was this

_step, _, _number = os.environ.get("FAILPOINT", "").partition(":")
if _step and _step not in get_args(Step):
    raise ValueError(f"FAILPOINT names no fault injection point: {_step!r}")
_left = count(int(_number or 1) - 1, -1)


def reach(step: Step) -> None:
    """Exit here, if FAILPOINT names this point."""
    if step == _step and next(_left) <= 0:
        os._exit(EXIT)
