"""The first `make run` says how far the installation is, and Ctrl-C ends it."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

INSTALL = Path(__file__).resolve().parents[2] / ".ci" / "install"
# In the place of .venv's Python: pip as it talks, slowly.
PIP = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo $$ > pip.pid
echo "Collecting one==1"
sleep 1.2
echo "Collecting two==2"
echo "Installing collected packages: one, two"
sleep "${SECONDS_OF_PIP:-1.2}"
"""


def install(place: Path, **environment: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start it in a terminal; what it prints comes from the file descriptor."""
    python = place / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (place / ".venv" / "lib").mkdir()
    python.write_text(PIP)
    python.chmod(0o755)
    (place / "two.lock").write_text("one==1 \\\n    --hash=sha256:0\ntwo==2 \\\n    --hash=sha256:0\n")
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [INSTALL, "two.lock"], cwd=place, stdout=end, stderr=end, env=os.environ | environment
    )
    os.close(end)
    return process, terminal


def printed(terminal: int) -> str:
    """All that comes until it ends."""
    found = b""
    try:
        while part := os.read(terminal, 1000):
            found += part
    except OSError:  # Linux: the other end is closed
        pass
    os.close(terminal)
    return found.decode()


def test_the_installation_counts_what_is_fetched_and_unpacked(tmp_path: Path) -> None:
    process, terminal = install(tmp_path)
    shown = printed(terminal)
    assert process.wait(10) == 0
    assert "1 of at most 2 packages fetched …" in shown
    assert "0 of 2 packages unpacked …" in shown


def test_ctrl_c_ends_pip_too(tmp_path: Path) -> None:
    process, terminal = install(tmp_path, SECONDS_OF_PIP="30")
    deadline = time.monotonic() + 10
    while not (tmp_path / "pip.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    printed(terminal)
    pip = int((tmp_path / "pip.pid").read_text())
    state = Path(f"/proc/{pip}/stat")
    deadline = time.monotonic() + 5
    while state.exists() and ") Z " not in state.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not state.exists() or ") Z " in state.read_text()
