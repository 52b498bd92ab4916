"""What this machine lacks: tests that need it are not run, and the last line of `make test` names it.

`make test` finds out what cannot be had and tells pytest the fixtures that stand for it. A test that asks for
one of them, itself or through another fixture, is left out, and its name goes to a file for that last line.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

MISSING = "TESTS_MISSING"  # JSON: why a fixture cannot be had, by its name
LEFT_OUT = (
    "TESTS_LEFT_OUT"  # a file of JSON lines: the names of the tests that were left out, with the reason
)
NO_DATA = "TEST_DATA does not name the real material"
_left_out = pytest.StashKey[dict[str, str]]()


def said(left_out: Iterable[tuple[str, str]]) -> str:
    """What was left out, in one line."""
    counted = Counter(reason for _, reason in sorted(left_out))
    return "; ".join(f"{count} test{'s' * (count > 1)}: {reason}" for reason, count in counted.items())


def read_left_out(file: Path) -> set[tuple[str, str]]:
    """Each test that was left out, with the reason; a test of both databases once."""
    return {
        (name, reason) for line in file.read_text().splitlines() for name, reason in json.loads(line).items()
    }


def _missing() -> dict[str, str]:
    missing: dict[str, str] = json.loads(os.environ.get(MISSING, "{}"))
    return missing if os.environ.get("TEST_DATA") else missing | {"test_data": NO_DATA}


def _reason(item: pytest.Item, missing: dict[str, str]) -> str | None:
    fixtures = getattr(item, "fixturenames", ())
    return next((reason for fixture, reason in missing.items() if fixture in fixtures), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the tests that were chosen, leave out those that need what is missing."""
    missing = _missing()
    reasons = {item: reason for item in items if (reason := _reason(item, missing))}
    config.stash[_left_out] = {item.nodeid: reason for item, reason in reasons.items()}
    if reasons:
        config.hook.pytest_deselected(items=list(reasons))
        items[:] = [item for item in items if item not in reasons]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under pytest-xdist, tell the one process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_left_out, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker that ends in good order has collected everything, so any one's tests are the tests."""
    if output := getattr(node, "workeroutput", None):
        node.config.stash[_left_out] = output["left_out"]


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(_left_out, {})
    if file := os.environ.get(LEFT_OUT):
        with Path(file).open("a") as lines:
            lines.write(json.dumps(left_out) + "\n")
    elif left_out:
        terminalreporter.write_line(f"Not run: {said(left_out.items())}")
