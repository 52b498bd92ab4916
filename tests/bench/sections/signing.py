"""DKIM signatures of finished mails of two sizes: ours by RSA and Ed25519 beside dkimpy's, in CPU time."""

import json
import os
import subprocess
import sys

from tests.bench.report import Report, Table, at_most
from tests.bench.timing import Spread

SIZES = (30_000, 84_000)  # octets
_GOALS = {("rsa", 30_000): 0.35, ("ed25519", 30_000): 0.06, ("rsa", 84_000): 0.45, ("ed25519", 84_000): 0.15}


def ours(algorithm: str) -> str:
    return f"ours, {algorithm}"


def run(report: Report) -> None:
    table = Table("A signature in ms of CPU", ("", "30 KB", "goal", "met", "84 KB", "goal", "met"))
    report.progress("signing, in a process of its own")
    command = (
        sys.executable,
        "-m",
        "tests.bench.signatures",
        str(report.rounds),
        "50" if report.quick else "200",
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    measured = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    goals = {(ours(name), size): goal for (name, size), goal in _GOALS.items()}
    for name in measured[str(SIZES[0])]:
        small, large = (Spread.of(measured[str(size)][name]).times(1000) for size in SIZES)
        met = [
            at_most(each, goals[name, size], " ms") if (name, size) in goals else (None, None)
            for each, size in zip((small, large), SIZES, strict=True)
        ]
        table.row(name, small, *met[0], large, *met[1])
    table.note("Header relaxed, body simple; ours covers every header field and one more of each name.")
    report.add(table)
