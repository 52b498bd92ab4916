"""A table says what was measured, and a goal that was missed says so."""

import ast
import json
from pathlib import Path

import pytest

from tests.bench import sections
from tests.bench.report import Report, Table, at_least, at_most, shown
from tests.bench.timing import Spread, interleaved


def test_contestants_take_turns() -> None:
    turns: list[str] = []
    names = ("a", "b", "c")
    spreads = interleaved({name: lambda name=name: turns.append(name) for name in names}, 2, turns.append)  # type: ignore[misc]
    assert [turn for turn in turns if turn in names] == [*names, *names]
    assert list(spreads) == list(names)


def test_a_spread_is_shown_with_its_ends() -> None:
    assert shown(Spread.of([0.2, 0.1, 0.4])) == "0.2 (0.1–0.4)"
    assert shown(Spread.of([1.0, 2.0, 4.0]).rate(1000)) == "500 (250–1,000)"


def test_goals_are_judged_by_the_median() -> None:
    assert at_most(Spread(0.2, 0.1, 9.0), 0.25, " s") == ("≤ 0.25 s", "yes")
    assert at_least(3.0, 100, " ×") == ("≥ 100 ×", "NO")


def test_tables_are_aligned_and_kept_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    report.begin("speed")
    table = Table("Speed", ("", "seconds"))
    table.row("ours", Spread(1.0, 0.5, 2.0))
    table.row("a peer", 12)
    report.add(table)
    assert "ours    1 (0.5–2)\na peer         12\n" in capsys.readouterr().out
    kept = json.loads(json.dumps(report.as_json()))["sections"]["speed"][0]
    assert kept["rows"] == [["ours", {"median": 1.0, "min": 0.5, "max": 2.0}], ["a peer", 12]]


def test_unequal_results_are_remembered() -> None:
    report = Report()
    report.begin("matching")
    report.require(True, "never said")
    report.require(False, "a peer found others")
    assert report.failures == ["matching: a peer found others"]


def test_every_section_says_what_it_measures_and_can_run() -> None:
    files = [path for path in Path(sections.__file__).parent.glob("*.py") if path.name != "__init__.py"]
    assert {"matching", "sending", "relevance"} <= {path.stem for path in files}
    for path in files:
        module = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(module), path.name
        assert "run" in {part.name for part in module.body if isinstance(part, ast.FunctionDef)}, path.name
