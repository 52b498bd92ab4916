"""Real processes of the service at a third of the cost: forked from one that has imported the libraries.

Nothing that reads settings is imported there, so each process reads its own from its own environment.

What a fork cannot show: that the command imports all it needs, for the libraries are there already, and what
the interpreter reads when it starts (PYTHON… variables, `-W`). So one test of each command executes it as an
operator does: `celery worker` and `celery beat` under `serve` (tests/flow/test_serve.py), `send_digests` in
tests/flow/test_upgrade.py.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path

from digest.management.serving.supervisor import die_with_parent

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["tests.services.preloaded"])


class Forked:
    """What `python *command` would be in a session of its own, with the part of `Popen` that tests use."""

    def __init__(self, command: tuple[str, ...], cwd: Path, env: Mapping[str, str], log: Path) -> None:
        self.args = command
        self._process = _forking.Process(target=_run, args=(command, cwd, dict(env), log))
        self._process.start()
        assert self._process.pid
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _run(command: tuple[str, ...], cwd: Path, env: dict[str, str], log: Path) -> None:
    """Become what `exec` would have made of this process."""
    os.setsid()
    die_with_parent()
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(output, stream.fileno())
        assert isinstance(stream, TextIOWrapper)
        stream.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    if command[0] == "-m":
        sys.argv = list(command[1:])
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command)
        runpy.run_path(command[0], run_name="__main__")
