"""Running supervisord as a child of this process, and ending it whatever happens.

`manage.py serve` stays the parent: somebody has to wait for the web server, print the addresses and
turn a failed start into an exit code, and supervisord does none of that. So

    terminal ── make ── serve ── supervisord ── valkey, web, worker, scheduler

supervisord has a session of its own: Ctrl-C reaches `serve` alone, which passes it on once. It
asks for SIGTERM at its parent's death (Linux), so killing `serve` still is an ordered stop. It
inherits the lock on DATA_DIR, so the lock lasts until the last program has ended.
"""

import contextlib
import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from digest.management.serving.programs import ProcessState

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None)  # loaded here: between fork and exec is no time to load anything
_NO_ANSWER = (OSError, http.client.HTTPException, xmlrpc.client.Error)  # also while it shuts down


class StopRequest:
    """Becomes true when a signal asks this process to end; further signals change nothing."""

    def __init__(self) -> None:
        self._received = False

    def __bool__(self) -> bool:
        return self._received

    def listen(self) -> None:
        """Take SIGINT and SIGTERM, and SIGHUP unless `nohup` switched it off."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._receive)

    def _receive(self, _signal: int, _frame: FrameType | None) -> None:
        self._received = True


def die_with_parent() -> None:
    """Between fork and exec: ask for SIGTERM when the parent ends; outside Linux, do nothing."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own: a terminal's signals pass it by, our death does not."""
    return subprocess.Popen(  # noqa: S603  our own commands
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509  no other thread runs here
        **options,
    )


def run_to_end(command: Sequence[str], stop: StopRequest, **options: Any) -> int:
    """Run `command` and return its exit code; end it early if `stop` comes."""
    process = spawn(command, **options)
    while process.poll() is None:
        if stop:
            process.terminate()
            return process.wait()
        time.sleep(0.05)
    return process.returncode


class Supervisor:
    """A supervisord: start its programs one by one, read their states, stop them all in order."""

    def __init__(self, config: Path, control_socket: Path, **options: Any) -> None:
        command = (sys.executable, "-m", "supervisor.supervisord", "--configuration", str(config))
        self._process = spawn(command, **options)
        self._control_socket = control_socket
        self._states: dict[str, ProcessState] = {}

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def _call(self, method: str, *arguments: Any) -> Any:
        """Call supervisord's XML-RPC interface (supervisord.org/api.html) on its socket."""
        transport = SupervisorTransport(None, None, f"unix://{self._control_socket}")
        with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)

    def answers(self) -> bool:
        try:
            return bool(self._call("getState"))
        except _NO_ANSWER:
            return False

    def start(self, name: str) -> None:
        """Start a program without waiting for it; one that already runs is left alone."""
        with contextlib.suppress(*_NO_ANSWER):
            self._call("startProcess", name, False)

    def states(self) -> dict[str, ProcessState]:
        """The state of each program; the last known answer while supervisord gives none."""
        try:
            answer = self._call("getAllProcessInfo")
        except _NO_ANSWER:
            return self._states
        self._states = {each["name"]: ProcessState(each["statename"], each["pid"]) for each in answer}
        return self._states

    def stop(self, seconds: float) -> None:
        """Stop everything in order within `seconds`; if supervisord cannot, end its programs here."""
        self._process.terminate()
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline:
            self.answers()  # a question wakes it: left alone, it looks at its programs once a second
            time.sleep(0.05)
        self._process.kill()
        if self._process.wait() != 0:
            for process in reversed(self._states.values()):
                end_group(process.pid, patience=10)


def end_group(pid: int, *, patience: float = 0) -> None:
    """End the group that the program with this pid led: its children may have outlived it.

    SIGTERM for the leader, and after `patience` seconds SIGKILL for all.
    """
    if not pid:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    with contextlib.suppress(ProcessLookupError):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            os.killpg(pid, 0)
            time.sleep(0.1)
        os.killpg(pid, signal.SIGKILL)
