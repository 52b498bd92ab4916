"""Programs of Debian packages, unpacked beside the environment: nothing is installed or starts by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_LOG = Path(sys.prefix) / "debian.log"


def home_of(package: str) -> Path:
    """Where a package and what it needs are unpacked."""
    return Path(sys.prefix) / "debian" / package


def unpack(package: str) -> str:
    """Have apt fetch a package and what it needs, and unpack them; why not, in one line, or nothing."""
    home = home_of(package)
    if (home / "complete").exists():
        return ""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return f"{package} is a Debian package, and apt-get is missing"
    print(f"Unpacking {package} …", flush=True)  # noqa: T201
    archives = home / "archives"
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    fetch = (
        *("apt-get", "install", "--yes", "--no-install-recommends", "--download-only"),
        *("-o", f"Dir::Cache::archives={archives}", "-o", "Debug::NoLocking=1", package),
    )
    with _LOG.open("ab") as log:
        if subprocess.run(fetch, stdout=log, stderr=log, check=False).returncode:
            subprocess.run(("apt-get", "update"), stdout=log, stderr=log, check=False)
            subprocess.run(fetch, stdout=log, stderr=log, check=False)
        for archive in archives.glob("*.deb"):
            subprocess.run(("dpkg-deb", "-x", archive, home), stdout=log, stderr=log, check=False)
    if not any(archives.glob(f"{package}_*.deb")):
        return f"apt cannot fetch {package} (see {_LOG})"
    (home / "complete").touch()
    return ""


def libraries(package: str) -> str:
    """For LD_LIBRARY_PATH."""
    usr = home_of(package) / "usr" / "lib"
    return os.pathsep.join(map(str, [usr, usr / package, *sorted(usr.glob("*-linux-*"))]))
