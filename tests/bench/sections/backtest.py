"""What a visitor waits for while choosing: the live backtest, and the sample mail beside it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.report import Report, Table, at_most
from tests.bench.sending.service import SECRET
from tests.services.postgres import create_database, postgres_server
from tests.services.valkey import valkey_server

Choice = Mapping[str, str | int | list[str]]  # fields of the form

GOAL = 150.0  # milliseconds, of the 95th in a hundred
_TOPICS = (
    ("agents",),
    ("quantization", "efficient-inference"),
    ("3d", "robotics", "vision-language"),
    ("reasoning", "reinforcement-learning", "code", "agents"),
    (
        "image-video-generation",
        "benchmarks-datasets",
        "vision-language",
        "3d",
        "robotics",
        "distributed-training",
    ),
    (),
)
_QUERIES = (
    "",
    "agents",
    'quant* OR "low precision" OR "mixture of experts" NEAR/5 routing',
    '"large language model" agents -survey\ntitle:"3d" (gaussian OR nerf) upvotes>=10\nspeech AND translat*',
    "a* -the",
)
_NARROWED: tuple[Choice, ...] = ({}, {"exclude": "survey\nspeech*", "least_upvotes": 10})
CHOICES: list[Choice] = [
    {"topics": list(topics), "queries": queries, **narrowed}
    for topics in _TOPICS
    for queries in _QUERIES
    for narrowed in _NARROWED
    if topics or queries
]


def run(report: Report) -> None:
    table = Table(
        f"A visitor's wait in milliseconds, {len(CHOICES)} choices of filters, a year of papers stored",
        ("database", "answer", "p50", "p95", "slowest", "goal of p95", "met"),
    )
    data = os.environ.get("TEST_DATA")
    if not data:
        table.note("Not measured: the papers are those of the corpus, which TEST_DATA must name.")
        report.add(table)
        return
    corpus = Path(data) / "corpus" / "papers.jsonl.gz"
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server, valkey_server() as valkey:
        databases = {
            "SQLite": f"sqlite:///{folder}/bench.sqlite3",
            "PostgreSQL": create_database(server, "backtest"),
        }
        for name, database in databases.items():
            report.progress(f"{name}: storing a year, and choosing")
            environment = {"DATABASE_URL": database, "REDIS_URL": valkey, "DATA_DIR": folder}
            found = _chosen(report, name, environment, corpus)
            for answer, what in (
                ("cold", "backtest, a choice nobody made before"),
                ("warm", "backtest, made before"),
                ("mail", "sample mail"),
            ):
                times = sorted(found[answer])
                goal = (None, None) if answer == "mail" else at_most(_reached(times, 0.95), GOAL)
                cells = (_reached(times, 0.5), _reached(times, 0.95), times[-1])
                table.row(name, what, *(f"{cell:.0f}" for cell in cells), *goal)
            table.note(
                f"{name}: {found['papers']:,} papers of the corpus, spread over 365 days, "
                f"{found['month']:,} of them in the 30 looked at. "
                f"The first answer of a process: {found['first']:.0f} ms."
            )
    table.note("From the request to the whole answer, form, limits and page included, in one process.")
    report.add(table)


def _reached(times: list[float], share: float) -> float:
    """The time within which this share of the sorted `times` lies."""
    return times[min(int(share * len(times)), len(times) - 1)]


def _chosen(report: Report, name: str, environment: dict[str, str], corpus: Path) -> dict[str, Any]:
    command = (sys.executable, "-m", "tests.bench.backtesting", str(corpus), str(report.rounds))
    django = {"DJANGO_SETTINGS_MODULE": "digest.settings", "SECRET_KEY": SECRET}
    done = subprocess.run(
        command, env=os.environ | django | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    report.require(done.returncode == 0, f"{name}: a backtest and the percolator disagree")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
