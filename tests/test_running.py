"""What `make test` promises on any machine: a test that hangs is ended, and what was not run is named."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import __main__ as running
from tests.missing import LEFT_OUT, MISSING, NO_DATA, read_left_out
from tests.services import browser, mail_servers, node
from tests.services.processes import ROOT

NO_BROWSER = "no Chromium (apt install chromium)"


def run(file: Path, tests: str, *options: str, **environment: str) -> str:
    """What pytest prints for these tests, in one process beside the one that prints."""
    file.write_text(tests)
    command = (sys.executable, "-m", "pytest", "-p", "xdist", "--numprocesses", "1", *options, file.name)
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=file.parent, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_a_test_that_hangs_is_ended_and_named_and_the_others_go_on(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    assert pytestconfig.getini("faulthandler_exit_on_timeout")
    assert 0 < pytestconfig.getini("faulthandler_timeout") <= 600
    hangs = "import time\n\ndef test_waits():\n    time.sleep(600)\n\ndef test_goes_on():\n    pass\n"
    limit = ("-o", "faulthandler_timeout=2", "-o", "faulthandler_exit_on_timeout=true")
    said = run(tmp_path / "test_hangs.py", hangs, *limit)
    assert "crashed while running 'test_hangs.py::test_waits'" in said
    assert "1 failed, 1 passed" in said


def test_tests_that_need_what_is_missing_are_left_out_and_named(tmp_path: Path) -> None:
    tests = (
        "import pytest\n\n@pytest.fixture\ndef engine(): pass\n\n@pytest.fixture\ndef car(engine): pass\n\n"
        "def test_drives(car): pass\n\ndef test_walks(): pass\n\ndef test_sails(engine): pass\n"
    )
    left_out = tmp_path / "left-out"
    file, missing = tmp_path / "test_ways.py", json.dumps({"engine": "no engine"})
    said = run(
        file, tests, "-p", "tests.missing", "-k", "not sails", **{MISSING: missing, LEFT_OUT: str(left_out)}
    )
    assert "1 passed" in said
    assert read_left_out(left_out) == {("test_ways.py::test_drives", "no engine")}


@pytest.fixture
def make_test(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The exit code and last line of a run whose two halves end, and leave out, as told."""

    def make_test(*halves: tuple[int, dict[str, str]], ci: str = "") -> tuple[int, str]:
        to_come = list(halves)

        def half(*_: str, **__: object) -> SimpleNamespace:
            ended, left_out = to_come.pop(0)
            with Path(os.environ[LEFT_OUT]).open("a") as lines:
                lines.write(json.dumps(left_out) + "\n")
            return SimpleNamespace(wait=lambda: ended)

        for name in ("CI", LEFT_OUT, MISSING, "TEST_DATABASE_URL"):
            monkeypatch.setenv(name, "")
        monkeypatch.setenv("CI", ci)
        monkeypatch.setattr(browser, "provide", str)
        monkeypatch.setattr(node, "provide", lambda *_: "")
        monkeypatch.setattr(mail_servers, "provide", lambda *names: {})
        monkeypatch.setattr(
            running, "postgres_server", lambda: nullcontext("postgres://postgres@127.0.0.1:1")
        )
        monkeypatch.setattr(running, "_pytest", half)
        return running.main([]), capsys.readouterr().out.splitlines()[-1]

    return make_test


def test_the_last_line_counts_what_was_not_run_and_says_why(
    make_test: Callable[..., tuple[int, str]],
) -> None:
    assert make_test((0, {}), (0, {})) == (0, "Passed. Nothing was left out.")
    on_both, in_browser = {"a": NO_DATA}, {"b": NO_BROWSER, "c": NO_BROWSER}
    assert make_test((0, on_both), (0, on_both | in_browser)) == (
        0,
        f"Passed. Not run: 1 test: {NO_DATA}; 2 tests: {NO_BROWSER}.",
    )
    assert make_test((1, on_both), (0, {})) == (1, f"Failed. Not run: 1 test: {NO_DATA}.")
    assert make_test((0, {}), (1, {})) == (1, "Failed. Nothing was left out.")


@pytest.mark.parametrize("ci", ["1", "true"])
def test_what_was_not_run_fails_the_continuous_integration(
    ci: str, make_test: Callable[..., tuple[int, str]]
) -> None:
    assert make_test((0, {}), (0, {}), ci=ci)[0] == 0
    assert make_test((0, {"a": NO_DATA}), (0, {"a": NO_DATA}), ci=ci)[0] == 0  # nobody else has that material
    assert make_test((0, {}), (0, {"b": NO_BROWSER}), ci=ci)[0] == 1


def test_a_choice_that_is_empty_on_one_database_is_run_on_the_other(
    make_test: Callable[..., tuple[int, str]],
) -> None:
    nothing = pytest.ExitCode.NO_TESTS_COLLECTED
    assert make_test((nothing, {}), (0, {}))[0] == 0
    assert make_test((0, {}), (nothing, {}))[0] == 0
    assert make_test((nothing, {}), (nothing, {}))[0] == nothing
