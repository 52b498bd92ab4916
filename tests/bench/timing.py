"""Timing that a busy machine cannot fool: contestants take turns, and the spread is shown with the median."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Spread:
    """What several rounds gave: the median, and between what it lay."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        return cls(statistics.median(values), min(values), max(values))

    def times(self, factor: float) -> "Spread":
        """In another unit, or scaled up from a sample."""
        return Spread(self.median * factor, self.low * factor, self.high * factor)

    def rate(self, count: float) -> "Spread":
        """How many of `count` a second."""
        return Spread(count / self.median, count / self.high, count / self.low)


def in_turns(
    contestants: Mapping[str, Callable[[], T]], rounds: int, progress: Callable[[str], None]
) -> dict[str, list[T]]:
    """What each gave, in turn (A B C A B C …), so that a slow minute slows all of them.

    What the bench itself holds is kept from the garbage collector, which would visit it in every turn.
    """
    given: dict[str, list[T]] = {name: [] for name in contestants}
    gc.collect()
    gc.freeze()
    for number in range(1, rounds + 1):
        for name, run in contestants.items():
            progress(f"round {number} of {rounds}: {name}")
            given[name].append(run())
    gc.unfreeze()
    return given


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, progress: Callable[[str], None]
) -> dict[str, Spread]:
    """Seconds that each takes, measured in turn."""

    def clocked(run: Callable[[], object]) -> Callable[[], float]:
        return lambda: timed(run)

    seconds = in_turns({name: clocked(run) for name, run in contestants.items()}, rounds, progress)
    return {name: Spread.of(values) for name, values in seconds.items()}


def timed(run: Callable[[], object]) -> float:
    """Seconds on the wall that one call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
