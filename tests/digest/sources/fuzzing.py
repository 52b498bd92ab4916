"""Damaged answers of every kind: each parser may only raise its own errors, soon, and with little memory.

    .venv/bin/python -m tests.digest.sources.fuzzing --seconds 600      # longer, with other damage
    .venv/bin/python -m tests.digest.sources.fuzzing --case 4711        # one case again

A case is a number: it names the page, what is done to it, and so the bytes. The first that fails ends the
run, and its bytes are written to a file.
"""

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from digest.lib.records import ABSTRACT_LIMIT, TITLE_LIMIT
from digest.sources import MAX_BYTES, ParsedAnswer, SourceChanged, SourceUnavailable, parse, registry
from digest.sources.adapter import Adapter
from tests.digest.sources.mutations import MUTATIONS

PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
TODAY, DAY = date(2026, 11, 20), date(2024, 3, 5)
MOST_SECONDS = 2.0  # of processor time, an input
MOST_MEMORY = 200_000_000  # in bytes, beside the input
LONGEST_MESSAGE = 1_500


def pages() -> list[bytes]:
    """One page in each format, and real ones where TEST_DATA names them."""
    paths = sorted(PAGES.iterdir())
    if data := os.environ.get("TEST_DATA"):
        paths += sorted(path for path in Path(data, "formats").glob("*/*") if path.is_file())
    return [path.read_bytes() for path in paths]


def bytes_of(case: int, whole: list[bytes]) -> tuple[bytes, Adapter | None, date | None]:
    """The input of a case, the adapter that is to read it (None: any), and the day asked for."""
    chance = random.Random(case)
    raw = whole[case % len(whole)]
    own = next((one for one in registry.ADAPTERS if any(form.recognises(raw) for form in one.formats)), None)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        raw = chance.choice(MUTATIONS)(raw, chance)
    return raw[: MAX_BYTES + 1], chance.choice([own, None]), chance.choice([DAY, None])


def outcome(raw: bytes, adapter: Adapter | None, day: date | None) -> str:
    """What the parsers make of it, in a word; AssertionError if they may make that of nothing."""
    began = time.process_time()
    try:
        answer = parse(raw, today=TODAY, day=day, adapter=adapter)
    except (SourceChanged, SourceUnavailable) as error:
        assert str(error).isprintable(), f"its message has more than one line: {str(error)!r}"
        assert 0 < len(str(error)) <= LONGEST_MESSAGE, f"its message has {len(str(error))} characters"
        told = "refused"
    else:
        require_sound(answer)
        told = answer.format
    seconds = time.process_time() - began
    assert seconds <= MOST_SECONDS, f"it took {seconds:.1f} s"
    return told


def require_sound(answer: ParsedAnswer) -> None:
    for paper in (*answer.papers, *answer.updates):
        assert paper.title
        assert len(paper.title) <= TITLE_LIMIT
        assert len(paper.abstract) <= ABSTRACT_LIMIT
        assert f"{paper.title}{paper.abstract}{''.join(paper.author_names)}".isprintable()
        assert paper.key.partition(":")[0] in {"arxiv", "doi", "title"}
        assert paper.url.startswith(("https://", "http://"))
        assert len(paper.url) < 2_000


def memory(kind: str) -> int:
    """The memory of this process, in bytes: now ("VmRSS"), or the most since that was forgotten ("VmHWM")."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(kind))


def forget_most_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")  # proc(5)


def run(first: int, seconds: float, most: int | None = None) -> Counter[str]:
    """Cases from `first` on for so long; how often they came to what. The first that fails raises."""
    whole = pages()
    for raw in whole:
        outcome(raw, None, None)  # so that what is loaded at first use is no part of time and memory
    until, told = time.monotonic() + seconds, Counter[str]()
    case = first
    while time.monotonic() < until and (most is None or case < first + most):
        raw, adapter, day = bytes_of(case, whole)
        forget_most_memory()
        before = memory("VmRSS")
        try:
            told[outcome(raw, adapter, day)] += 1
            used = memory("VmHWM") - before
            assert used <= MOST_MEMORY, f"it took {used / 1e6:.0f} MB"
        except BaseException as error:
            kept = Path(tempfile.mkstemp(prefix=f"case-{case}-")[1])
            kept.write_bytes(raw)
            error.add_note(f"Case {case}: {kept}, read by {adapter.name if adapter else 'any adapter'}.")
            raise
        case += 1
    return told


if __name__ == "__main__":
    logging.disable()  # bibtexparser tells of each entry that it cannot read
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--case", type=int)
    given = parser.parse_args()
    figures = run(given.first, given.seconds) if given.case is None else run(given.case, 1e9, 1)
    told = ", ".join(f"{name} {times:,}" for name, times in figures.most_common())
    sys.stdout.write(f"{figures.total():,} inputs: {told}\n")
