"""Postfix's load programs, `smtp-source` and `smtp-sink`: the system's, else unpacked beside the environment.

Nothing is installed: a mail server that starts by itself is more than a measurement may leave behind.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping

from tests.services import debian

_SYSTEM = ("/usr/sbin", "/usr/local/sbin", "/usr/libexec/postfix", "/opt/homebrew/sbin")


class Tools:
    """Where the programs are, and the environment they need; `None` for one that there is not."""

    def __init__(self) -> None:
        if not self._found("smtp-source"):
            debian.unpack("postfix")
        self.source, self.sink = self._found("smtp-source"), self._found("smtp-sink")

    @property
    def environment(self) -> Mapping[str, str]:
        """Their libraries, if they were unpacked."""
        unpacked = debian.home_of("postfix").exists()
        return {"LD_LIBRARY_PATH": debian.libraries("postfix")} if unpacked else {}

    def _found(self, name: str) -> str | None:
        """The path of a program that starts."""
        path = shutil.which(
            name,
            path=os.pathsep.join([os.environ["PATH"], *_SYSTEM, str(debian.home_of("postfix") / "usr/sbin")]),
        )
        if path is None:
            return None
        # Without arguments it says how it is used and ends with 1; without its libraries, with 127.
        ended = subprocess.run([path], capture_output=True, check=False, env=os.environ | self.environment)
        return path if ended.returncode == 1 else None
