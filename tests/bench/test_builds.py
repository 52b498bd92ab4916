"""An earlier build takes its turn with its own code, or the table says why it does not."""

import subprocess
from pathlib import Path

import pytest

from tests.bench import builds
from tests.bench.builds import Build, Unavailable, build_of
from tests.bench.sending.turns import turn


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit whose `tests.bench` counts differently."""
    root = tmp_path / "repository"
    package = root / "counting"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "earlier.py").write_text(
        'print("ready", flush=True)\ninput()\n'
        'print(\'{"done": 7, "seconds": 1, "cpu_seconds": 1, "megabytes": 1}\', flush=True)\n'
    )
    (root / "requirements.txt").write_bytes((builds.ROOT / "requirements.txt").read_bytes())
    for command in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "Count"),
        ("tag", "counted"),
    ):
        subprocess.run(("git", *command), cwd=root, check=True)
    monkeypatch.setattr(builds, "ROOT", root)
    monkeypatch.setattr(builds, "EARLIER", tmp_path / "builds")
    return root


def test_an_earlier_build_takes_its_turn_with_its_own_code(elsewhere: Path) -> None:
    (elsewhere / "counting" / "earlier.py").write_text("raise SystemExit('the code of today')")
    earlier = build_of("counted")
    assert turn([("counting.earlier",)], {}, earlier).done == 7
    assert earlier == build_of("counted") != Build(elsewhere, builds.THIS.python)


def test_a_script_of_ours_runs_on_the_code_of_an_earlier_build(elsewhere: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import counting.earlier")
    assert turn([(str(script),)], {}, build_of("counted")).done == 7


@pytest.mark.usefixtures("elsewhere")
def test_a_commit_that_is_not_here_is_said_in_one_line() -> None:
    with pytest.raises(Unavailable, match="this copy of the repository has no commit 8b45341"):
        build_of("8b45341")
