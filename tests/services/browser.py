"""A Chromium for the browser tests: the system's, else by apt, else Playwright's own download.

It needs fonts, too: the tests look for letters of several scripts in its pictures.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

from tests.services.node import NODE

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FONTS = ("fonts-dejavu-core", "fonts-liberation", "fonts-noto-color-emoji", "fonts-wqy-microhei")
_LOG = Path(sys.prefix) / "browser.log"

# Playwright's own Node needs a library that a bare Debian lacks (libatomic1).
os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)

# No request but the page's own, and no name but loopback resolves: a page that needs the network shows.
LAUNCH_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)

# Two letters of each script: what no font has is drawn as a box, the same for both.
_LETTERS = {"Arabic": "جم", "Chinese": "汉语", "Japanese": "いて", "emoji": "🔬🧪"}
_SCRIPTS_WITHOUT_FONT = """(letters) => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const drawn = (letter) => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.font = "24px sans-serif";
    pen.fillText(letter, 10, 40);
    return canvas.toDataURL();
  };
  return Object.keys(letters).filter((script) => new Set([...letters[script]].map(drawn)).size === 1);
}"""


def find_chromium() -> str | None:
    """The path of a Chromium that starts, or None."""
    return next((path for path in _candidates() if _starts(path)), None)


def provide() -> str:
    """Install what is missing; return in one line what still is, or nothing."""
    if problem := _problem():
        print(f"For the browser tests: {problem}. Installing …", flush=True)  # noqa: T201
        _install()
        problem = _problem()
    return problem and f"{problem} (Debian or Ubuntu: apt install chromium {' '.join(_FONTS)})"


def _problem() -> str:
    path = find_chromium()
    if path is None:
        return "no Chromium"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(LAUNCH_ARGUMENTS))
            scripts = browser.new_page().evaluate(_SCRIPTS_WITHOUT_FONT, _LETTERS)
            browser.close()
    except Error as error:
        return f"{path} cannot be used: {error.message.strip().splitlines()[0]}"
    return f"no fonts for {', '.join(scripts)}" if scripts else ""


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, _NAMES))
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """Whether it is a browser: some systems have a script there that only asks to install one."""
    try:
        return (
            subprocess.run((path, "--version"), capture_output=True, timeout=60, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _install() -> None:
    """Try one way after the other; what they print goes to the log."""
    with _LOG.open("wb") as log:

        def run(*command: str) -> None:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, stdout=log, stderr=log, env=environment, check=False)

        if os.geteuid() == 0 and shutil.which("apt-get"):
            run("apt-get", "update")
            packages = _FONTS if find_chromium() else ("chromium", *_FONTS)
            run("apt-get", "install", "-y", "--no-install-recommends", *packages)
        if not find_chromium():
            run(sys.executable, "-m", "playwright", "install", "chromium")
