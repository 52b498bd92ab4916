"""Steps of a hand-over at which a process can be told to die: tests look at what a crash there leaves.

FAILPOINT in the environment names a step, or `step:n` for the n-th time that this process reaches it; the
process then ends at once, as by SIGKILL: nothing is rolled back, closed or written.
"""

import os
from itertools import count
from typing import Literal, get_args

Step = Literal[
    "claimed",
    "composed",
    "handing committed",
    "envelope sent",
    "body sent before the dot",
    "dot sent",
    "answer read",
    "recorded",
]
EXIT = 86  # the exit code by which a test knows its own doing

_step, _, _number = os.environ.get("FAILPOINT", "").partition(":")
if _step and _step not in get_args(Step):
    raise ValueError(f"FAILPOINT names no step: {_step!r}")
_left = count(int(_number or 1) - 1, -1)


def reach(step: Step) -> None:
    """Die here, if FAILPOINT says so."""
    if step == _step and next(_left) <= 0:
        os._exit(EXIT)
