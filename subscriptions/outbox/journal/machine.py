"""Which machine this is, since which boot, by which clock, and whether its disk outlives the process."""

import hashlib
import os
import re
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux
_MACHINE_ID = Path("/etc/machine-id")
_MOUNTS = Path("/proc/self/mountinfo")
_FLEETING = {"overlay", "aufs", "tmpfs", "ramfs"}  # the disk of a container that is made anew, or memory
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_boot() -> float:
    """Seconds by a clock that is never set, and that counts the time for which the machine was suspended."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class Machine:
    """`key` tells machines apart; `boot` is another after each start of the kernel."""

    key: str
    boot: str


def this_machine() -> Machine | None:
    """None where the kernel does not tell its boots apart: then no journal can be believed."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return None
    name = _text(_MACHINE_ID) or socket.gethostname()
    return Machine(hashlib.sha256(f"paper digest {name}".encode()).hexdigest()[:16], boot)


def sender_name(machine: Machine | None) -> str:
    """A name for one pass of a sender, which no other has; one that keeps a journal names its machine."""
    host = re.sub(r"[^\w.-]", "-", socket.gethostname(), flags=re.ASCII)[:40]
    name = f"{host}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    return f"{name}@{machine.key}" if machine else name


def is_lasting(directory: Path, mounts: str | None = None) -> bool:
    """Whether files in `directory` are still there when the container of this process was made anew.

    `mounts`: the text of /proc/self/mountinfo.
    """
    device = directory.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in (_text(_MOUNTS) if mounts is None else mounts).splitlines():
        mount, _, system = line.partition(" - ")
        if mount.split()[2] == number and system.split()[0] in _FLEETING:
            return False
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
