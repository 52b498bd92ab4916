"""A fault injection point ends a process at once where it is named, and costs nothing elsewhere."""

import os
import subprocess
import sys

import pytest

from subscriptions.lib.failpoints import EXIT


def run(failpoint: str) -> subprocess.CompletedProcess[str]:
    """A process that reaches “claimed” once and “end of data sent” three times, and prints what it passed."""
    steps = "for step in ('claimed', *['end of data sent'] * 3): reach(step); print(step, flush=True)"
    code = f"from subscriptions.lib.failpoints import reach\ntry:\n {steps}\nfinally: print('cleared up')"
    environment = os.environ | {"FAILPOINT": failpoint}
    command = (sys.executable, "-c", code)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("failpoint", "said"),
    [
        ("claimed", ""),
        ("end of data sent", "claimed\n"),
        ("end of data sent:3", "claimed\nend of data sent\nend of data sent\n"),
    ],
)
def test_a_process_crashes_where_it_is_told_and_cleans_up_nothing(failpoint: str, said: str) -> None:
    ended = run(failpoint)
    assert (ended.returncode, ended.stdout) == (EXIT, said)


@pytest.mark.parametrize("failpoint", ["", "end of data sent:4", "recorded"])
def test_a_point_that_is_not_reached_changes_nothing(failpoint: str) -> None:
    ended = run(failpoint)
    assert ended.returncode == 0
    assert ended.stdout.endswith("end of data sent\ncleared up\n")


def test_a_misspelt_point_is_an_error() -> None:
    assert "names no fault injection point" in run("end of data send").stderr
