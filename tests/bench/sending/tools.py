"""Postfix's load programs, `smtp-source` and `smtp-sink`: the system's, else unpacked beside the environment.

Nothing is installed: a mail server that starts by itself is more than a measurement may leave behind.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_HOME = Path(sys.prefix) / "postfix"
_LOG = Path(sys.prefix) / "postfix.log"
_SYSTEM = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec/postfix", "/opt/homebrew/sbin")


class Tools:
    """Where the programs are, and the environment they need; `None` for one that there is not."""

    def __init__(self) -> None:
        if not self._found("smtp-source"):
            _unpack()
        self.source, self.sink = self._found("smtp-source"), self._found("smtp-sink")

    @property
    def environment(self) -> Mapping[str, str]:
        """Their libraries, if they were unpacked."""
        libraries = [_HOME / "usr" / "lib" / "postfix", *sorted((_HOME / "usr" / "lib").glob("*-linux-*"))]
        return {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))} if _HOME.exists() else {}

    def _found(self, name: str) -> str | None:
        """The path of a program that starts."""
        path = shutil.which(
            name, path=os.pathsep.join([os.environ["PATH"], *_SYSTEM, str(_HOME / "usr/sbin")])
        )
        if path is None:
            return None
        # Without arguments it says how it is used and ends with 1; without its libraries, with 127.
        ended = subprocess.run([path], capture_output=True, check=False, env=os.environ | self.environment)
        return path if ended.returncode == 1 else None


def _unpack() -> None:
    """Have apt fetch Postfix and what it needs, and unpack it; what it prints goes to the log."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return
    archives = _HOME / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    fetch = (
        *("apt-get", "install", "--yes", "--no-install-recommends", "--download-only"),
        *("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", "postfix"),
    )
    with _LOG.open("wb") as log:
        if subprocess.run(fetch, stdout=log, stderr=log, check=False).returncode:
            subprocess.run(("apt-get", "update"), stdout=log, stderr=log, check=False)
            subprocess.run(fetch, stdout=log, stderr=log, check=False)
        for package in archives.glob("*.deb"):
            subprocess.run(("dpkg-deb", "-x", package, _HOME), stdout=log, stderr=log, check=False)
