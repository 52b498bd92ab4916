"""The service's own processes, started by tests and ended by their own pid."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from digest.management.serving.supervisor import spawn
from tests.services.forked import Forked

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Service:
    """A running process of the service, in a session of its own, and what it printed."""

    process: subprocess.Popen[bytes] | Forked
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Return when `text` was printed; fail if the process ends without, or after `seconds`."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            ended = self.process.poll() is not None
            if ended and text not in self.output:
                raise AssertionError(f"It ended without printing {text!r}:\n{self.output}")
            if time.monotonic() > deadline:
                raise AssertionError(f"Waited {seconds:g} s for {text!r} in:\n{self.output}")
            time.sleep(0.05)

    def end(self, number: int = signal.SIGTERM, seconds: float = 90) -> int:
        """Send this signal to the process alone and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def clear(self) -> None:
        """End it for good, children included; it gets a moment to end them in its own way."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.end(seconds=20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def start_service(command: tuple[str, ...], environment: dict[str, str], log: Path) -> Service:
    """Start `manage.py …`, or `celery …` for the Celery command line, with `environment` and little else.

    The settings are the real ones: nothing of this test process's own is handed down. `serve` and all that it
    starts is executed as by an operator; anything else is forked.
    """
    start = ("-m",) if command[0] == "celery" else ("manage.py",)
    basic = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environment = basic | {"PYTHONUNBUFFERED": "1"} | environment
    with log.open("wb") as output:
        if command[0] != "serve":
            return Service(Forked((*start, *command), ROOT, environment, log), log)
        process = spawn(
            (sys.executable, *start, *command),
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Service(process, log)
