"""Builds of earlier commits as contestants: each is unpacked once, with the packages it needs, beside ours.

Their contestants run in processes of their own (`tests.bench.sending.turns`), with that build's code.
"""

import io
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EARLIER = Path(sys.prefix) / "builds"
_LOCKS = ("requirements.lock", "requirements.txt")  # the first that a build has names its packages


@dataclass(frozen=True)
class Build:
    """A build that can run: where its code is, and the Python with its packages."""

    root: Path
    python: Path


THIS = Build(ROOT, Path(sys.executable))
OURS = "this build"
BEFORE, JUDGED = "437ecde5", "8b45341"  # before mail was made faster; the one that goals are set by


class Unavailable(Exception):
    """Why an earlier build cannot run here, in one line for its place in the table."""


def contestants() -> tuple[dict[str, Build], list[str]]:
    """This build and the earlier ones that can run here, by name; and a line on each that cannot."""
    found, missing = {OURS: THIS}, []
    for commit in (BEFORE, JUDGED):
        try:
            found[commit] = build_of(commit)
        except Unavailable as why:
            missing.append(f"Not here: the build {commit}, for {why}.")
    return found, missing


def build_of(commit: str) -> Build:
    """The build of a commit; raises `Unavailable`."""
    home = EARLIER / commit
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        _unpack(commit, home / "code")
        _install(home)
        (home / "complete").touch()
    own = home / "environment" / "bin" / "python"
    return Build(home / "code", own if own.exists() else THIS.python)


def _unpack(commit: str, code: Path) -> None:
    if not (git := shutil.which("git")):
        raise Unavailable("git is missing")
    archive = subprocess.run((git, "archive", commit), cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        raise Unavailable(f"this copy of the repository has no commit {commit}")
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(code, filter="data")


def _install(home: Path) -> None:
    """An environment of its own, if it needs other packages than we do."""
    needed = next(home / "code" / name for name in _LOCKS if (home / "code" / name).exists())
    if needed.read_bytes() == (ROOT / needed.name).read_bytes():
        return
    environment, log = home / "environment", home / "install.log"
    print(f"Installing what the build of {home.name} needs …", file=sys.stderr, flush=True)  # noqa: T201
    with log.open("wb") as output:
        for command in (
            (sys.executable, "-m", "venv", environment),
            (environment / "bin" / "python", "-m", "pip", "install", "--prefer-binary", "-r", needed),
        ):
            if subprocess.run(command, stdout=output, stderr=output, check=False).returncode:
                raise Unavailable(f"its packages cannot be installed (see {log})")
