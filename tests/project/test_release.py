"""`make release`, on a small repository of its own."""

import datetime as dt
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project.locks import ROOT

CHANGELOG = "# Changelog\n\n## Unreleased\n\n### Added\n- Something.\n\n## 0.1.0 (2026-01-01)\n\nThe first.\n"


@pytest.fixture
def git_program() -> None:
    """What asks for it is left out where git is missing (tests/missing.py)."""


@pytest.fixture
def place(tmp_path: Path, git_program: None) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/release", tmp_path / ".ci")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "Makefile").write_text("check test:\n\t@test ! -e .git/broken\n")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    commit(tmp_path)
    return tmp_path


def git(place: Path, *arguments: str) -> str:
    own = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    return subprocess.run(
        ("git", *own, *arguments), cwd=place, check=True, capture_output=True, text=True
    ).stdout


def commit(place: Path) -> None:
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "Something")


def release(place: Path, version: str) -> subprocess.CompletedProcess[str]:
    who = {
        f"GIT_{role}_{part}": f"{part.lower()}@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for part in ("NAME", "EMAIL")
    }
    return subprocess.run(
        (".ci/release", version), cwd=place, env=os.environ | who, capture_output=True, text=True, check=False
    )


def test_a_release_is_a_version_a_heading_a_commit_and_a_tag(place: Path) -> None:
    done = release(place, "1.2.3")
    assert done.returncode == 0, done.stderr
    assert 'version = "1.2.3"' in (place / "pyproject.toml").read_text()
    today = dt.datetime.now(dt.UTC).date()
    assert f"## Unreleased\n\n## 1.2.3 ({today})\n\n### Added\n" in (place / "CHANGELOG.md").read_text()
    assert git(place, "log", "-1", "--format=%s %D") == "Release 1.2.3 HEAD -> main, tag: v1.2.3\n"
    assert git(place, "status", "--porcelain") == ""


def test_a_release_whose_checks_fail_leaves_everything_as_it_was(place: Path) -> None:
    (place / ".git/broken").touch()
    assert "checks above do not pass" in release(place, "1.2.3").stderr
    assert git(place, "status", "--porcelain") == ""
    assert git(place, "tag") == ""


def test_a_release_of_nothing_or_of_uncommitted_work_is_refused(place: Path) -> None:
    assert "three numbers" in release(place, "v2").stderr
    assert release(place, "1.2.3").returncode == 0
    assert "nothing under “Unreleased”" in release(place, "1.2.4").stderr
    (place / "CHANGELOG.md").write_text(CHANGELOG)
    assert "not committed" in release(place, "1.2.4").stderr
    commit(place)
    assert "there is a v1.2.3 already" in release(place, "1.2.3").stderr
