"""Checkers that run on Node: html-validate and caniemail for mails, axe-core for pages. Only tests use them.

`python -m tests.services.node` installs what tests/checkers/package-lock.json pins, or says in one line
why not.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKERS = Path(__file__).resolve().parents[1] / "checkers"
MODULES = CHECKERS / "node_modules"
_LOCK = CHECKERS / "package-lock.json"
_INSTALLED = MODULES / ".package-lock.json"
_LOG = Path(sys.prefix) / "node.log"
_OLDEST = 20


def is_installed() -> bool:
    """Whether what the lock file pins is there."""
    return _INSTALLED.exists() and _INSTALLED.stat().st_mtime >= _LOCK.stat().st_mtime


def _has_node() -> bool:
    try:
        said = subprocess.run(("node", "--version"), capture_output=True, text=True, timeout=60, check=True)
        return int(said.stdout.lstrip("v").partition(".")[0]) >= _OLDEST and bool(shutil.which("npm"))
    except (OSError, subprocess.SubprocessError, ValueError):
        return False


def _run(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _LOG.open("ab") as log:
        done = subprocess.run(command, cwd=CHECKERS, stdout=log, stderr=log, env=environment, check=False)
    return done.returncode == 0


def main() -> int:
    if is_installed():
        return 0
    print("Installing the checkers of mails and pages …", flush=True)  # noqa: T201
    if not _has_node() and os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update")
        _run("apt-get", "install", "-y", "--no-install-recommends", "nodejs", "npm")
    if not _has_node():
        print(f"The tests check mails and pages with Node {_OLDEST} or newer: install it.", file=sys.stderr)  # noqa: T201
        return 1
    if not _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"):
        print(f"The checkers could not be installed (see {_LOG}).", file=sys.stderr)  # noqa: T201
        return 1
    _INSTALLED.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
