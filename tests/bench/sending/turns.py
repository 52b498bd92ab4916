"""Contestants as processes of their own: each gets ready, waits for the word, acts, and says what it took.

What happens before the word (imports, Django's set-up, filling tables) is not counted; caches are cold.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from tests.bench.builds import THIS, Build
from tests.bench.memory import peak_megabytes


@dataclass(frozen=True)
class Turn:
    """What one contestant, in one or more processes, did at one word, and what it took."""

    done: int
    seconds: float
    cpu_seconds: float = 0.0
    megabytes: float = 0.0


def take_turn(act: Callable[[], int]) -> None:
    """The contestant's side: `act` returns how many it did."""
    print("ready", flush=True)  # noqa: T201
    if not sys.stdin.readline():
        return  # who would have given the word is gone
    cpu, started = _cpu(), time.perf_counter()
    done = act()
    figures = {"done": done, "seconds": time.perf_counter() - started, "cpu_seconds": _cpu() - cpu}
    print(json.dumps(figures | {"megabytes": peak_megabytes()}), flush=True)  # noqa: T201


def turn(commands: Iterable[Sequence[str]], environment: Mapping[str, str], build: Build = THIS) -> Turn:
    """Start each of these, give all of them the word at once, and wait for the last.

    A command begins with a module's name or, for code that `build` has not, the path of a script.
    """
    with tempfile.TemporaryFile("w+") as log:
        actors = [_start(command, environment, build, log) for command in commands]
        try:
            for actor in actors:
                _line(actor)
            started = time.perf_counter()
            for actor in actors:
                _say_go(actor)
            figures: list[dict[str, Any]] = [json.loads(_line(actor)) for actor in actors]
            seconds = time.perf_counter() - started
            for actor in actors:
                actor.communicate()
        except Ended as error:
            log.seek(0)
            raise RuntimeError(f"{error}:\n{log.read()[-3000:]}") from error
        finally:
            for actor in actors:
                actor.kill()  # unless it has ended by itself
                actor.communicate()
    return Turn(
        done=sum(of_one["done"] for of_one in figures),
        seconds=seconds,
        cpu_seconds=sum(of_one["cpu_seconds"] for of_one in figures),
        megabytes=max(of_one["megabytes"] for of_one in figures),
    )


class Ended(Exception):
    """A contestant that ended before its time."""


def _start(
    command: Sequence[str], environment: Mapping[str, str], build: Build, log: IO[str]
) -> subprocess.Popen[str]:
    basic = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    named = () if command[0].endswith(".py") else ("-m",)
    return subprocess.Popen(
        (build.python, "-P", *named, *command),
        cwd=build.root,
        env={**basic, "PYTHONPATH": str(build.root), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _say_go(actor: subprocess.Popen[str]) -> None:
    assert actor.stdin
    actor.stdin.write("go\n")
    actor.stdin.flush()


def _line(actor: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert actor.stdout
    line = actor.stdout.readline()
    if not line:
        raise Ended(f"{actor.args!r} ended with {actor.wait()}")
    return line


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(of_one.ru_utime + of_one.ru_stime for of_one in used)
