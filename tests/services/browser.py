"""A Chromium for the browser tests: the system's, else by apt, else Playwright's own download.

`python -m tests.services.browser` makes sure that there is one, or says in one line why not.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji")
_LOG = Path(sys.prefix) / "browser.log"

# No request but the page's own, and no name but loopback resolves: a page that needs the network shows.
LAUNCH_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


def find_chromium() -> str | None:
    """The path of a Chromium that starts, or None."""
    return next((path for path in _candidates() if _starts(path)), None)


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
    ways: list[tuple[str, ...]] = []
    if os.geteuid() == 0 and shutil.which("apt-get"):
        ways.append(("apt-get", "update"))
        ways.append(("apt-get", "install", "-y", "--no-install-recommends", *_PACKAGES))
    ways.append((sys.executable, "-m", "playwright", "install", "chromium"))
    with _LOG.open("wb") as log:
        for way in ways:
            environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(way, stdout=log, stderr=log, env=environment, check=False)
            if find_chromium():
                return


def main() -> int:
    if find_chromium():
        return 0
    print("No Chromium for the browser tests: installing one …", flush=True)  # noqa: T201
    _install()
    if find_chromium():
        return 0
    print(f"No Chromium could be installed (see {_LOG}): install one as `chromium`.", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
