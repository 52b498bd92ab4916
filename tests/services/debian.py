"""Programs of Debian, unpacked and not installed: apt downloads their packages, dpkg takes these apart.

So any user may do it whose apt knows packages, and nothing changes on the machine but `.venv/debian/`.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOTS = Path(sys.prefix) / "debian"
_INSTALLS = re.compile(r"^Inst (\S+)", re.MULTILINE)
_PATIENCE = 300  # seconds


def root_of(package: str) -> Path:
    """Where the files of `package` are, and those of the packages it needs that the system lacks."""
    return ROOTS / package


def provide(package: str) -> str:
    """Unpack `package`; return in one line why not, or nothing."""
    if root_of(package).exists():
        return ""
    if not shutil.which("apt-get"):
        return f"{package} cannot be unpacked: there is no apt-get"
    print(f"Unpacking {package} …", flush=True)  # noqa: T201
    ROOTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOTS) as name:
        folder = Path(name)
        try:
            wanted = _run(folder, "apt-get", "install", "--simulate", "--no-install-recommends", package)
            _run(folder, "apt-get", "download", *{package, *_INSTALLS.findall(wanted)})
            for file in folder.glob("*.deb"):
                _run(folder, "dpkg-deb", "--extract", file.name, "root")
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = str(error.stderr or error).strip().splitlines()[-1:]
            return f"{package} cannot be unpacked: {''.join(said)}"
        (folder / "root").rename(root_of(package))
    return ""


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout
