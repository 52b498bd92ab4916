"""What a run found: aligned tables on standard output, progress on standard error, and all of it as JSON."""

import os
import platform
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.timing import Spread

NOT_HERE = ("at full size", None)  # the cells of a goal that smaller numbers say nothing of
Cell = str | int | float | Spread | None


@dataclass
class Table:
    """Rows under a title, and what must be known to read them."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, *cells: Cell) -> None:
        assert len(cells) == len(self.columns), f"{self.title}: {cells}"
        self.rows.append(cells)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def __str__(self) -> str:
        lines = [self.columns, *(tuple(map(shown, row)) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        aligned = [
            "  ".join(cell.rjust(width) if n else cell.ljust(width) for n, (cell, width) in enumerate(pairs))
            for pairs in (list(zip(line, widths, strict=True)) for line in lines)
        ]
        return "\n".join([self.title, "", *(line.rstrip() for line in aligned), *self.notes, ""])


@dataclass
class Report:
    """One run: how large it is, how often each contestant takes its turn, and what came of it.

    `readers` is how many a section makes that is about many; 0 is for its own number.
    """

    quick: bool = False
    rounds: int = 3
    readers: int = 0
    sections: dict[str, list[Table]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    _section: str = ""
    _started: float = field(default_factory=time.monotonic)

    def begin(self, section: str) -> None:
        """What comes now belongs to `section`."""
        self._section = section
        self.sections[section] = []

    def add(self, table: Table) -> None:
        """Print a finished table."""
        self._clear()
        print(table, flush=True)  # noqa: T201
        self.sections[self._section].append(table)

    def progress(self, text: str) -> None:
        """Say on standard error what is being done; on a terminal in one line that changes."""
        line = f"{time.monotonic() - self._started:6.0f} s  {self._section or 'bench'}: {text}"
        if sys.stderr.isatty():
            print(f"\r\033[K{line[:150]}", end="", file=sys.stderr, flush=True)  # noqa: T201
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def require(self, holds: bool, otherwise: str) -> None:
        """Note a contestant that gave another result than ours: the run will end with an error."""
        if not holds:
            self.failures.append(f"{self._section}: {otherwise}")
            self.progress(f"NOT EQUAL: {otherwise}")

    def as_json(self) -> dict[str, Any]:
        tables = {
            section: [
                {
                    "title": table.title,
                    "columns": table.columns,
                    "rows": [list(map(_plain, row)) for row in table.rows],
                    "notes": table.notes,
                }
                for table in of_section
            ]
            for section, of_section in self.sections.items()
        }
        return {
            "machine": machine(),
            "quick": self.quick,
            "rounds": self.rounds,
            "sections": tables,
            "failures": self.failures,
        }

    def _clear(self) -> None:
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)  # noqa: T201


def at_most(value: Spread | float, limit: float, unit: str = "") -> tuple[str, str]:
    """The cells for a goal and whether it was met, by the median."""
    return f"≤ {limit:,g}{unit}", _answer(_median(value) <= limit)


def at_least(value: Spread | float, limit: float, unit: str = "") -> tuple[str, str]:
    """The cells for a goal and whether it was met, by the median."""
    return f"≥ {limit:,g}{unit}", _answer(_median(value) >= limit)


def shown(cell: Cell) -> str:
    """A cell as text: three digits that count; of several rounds the median, and from where to where."""
    match cell:
        case None:
            return ""
        case Spread(median, low, high) if low == median == high:
            return _number(median)
        case Spread(median, low, high):
            return f"{_number(median)} ({_number(low)}–{_number(high)})"
        case float():
            return _number(cell)
        case int():
            return f"{cell:,}"
        case _:
            return cell


def machine() -> str:
    """What the figures were measured on, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores ({_processor()}), {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _number(value: float) -> str:
    if abs(value) >= 100 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1e}"


def _median(value: Spread | float) -> float:
    return value.median if isinstance(value, Spread) else value


def _answer(met: bool) -> str:
    return "yes" if met else "NO"


def _plain(cell: Cell) -> object:
    if isinstance(cell, Spread):
        return {"median": cell.median, "min": cell.low, "max": cell.high}
    return cell
