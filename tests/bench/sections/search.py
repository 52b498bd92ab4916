"""One query on all stored papers, as the sign-up's backtest and the archive ask: SQLite and PostgreSQL."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.report import Report, Table, at_most
from tests.bench.sending.service import SECRET
from tests.bench.timing import Spread
from tests.services.postgres import create_database, postgres_server

SPANS = {"30 days": 30, "a year": 365, "all": None}
GOALS = {"30 days": 50.0, "a year": 150.0, "all": 300.0}  # milliseconds
QUERIES = (
    "agents",
    '"large language model" agents -survey',
    'quant* OR "mixture of experts" NEAR/5 routing',
    "topic:quantization",
    'title:"3d" (gaussian OR nerf) upvotes>=10',
    "a* -the",
    '"vector quantization" OR (diffusion transformer^2) -video',
)


def run(report: Report) -> None:
    table = Table(
        f"A search in milliseconds, {len(QUERIES)} queries in turn, the corpus stored",
        ("database", "papers of", "search", "slowest", "goal", "met"),
    )
    data = os.environ.get("TEST_DATA")
    if not data:
        table.note("Not measured: the papers are those of the corpus, which TEST_DATA must name.")
        report.add(table)
        return
    corpus = Path(data) / "corpus" / "papers.jsonl.gz"
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        databases = {
            "SQLite": f"sqlite:///{folder}/bench.sqlite3",
            "PostgreSQL": create_database(server, "search"),
        }
        for name, database in databases.items():
            report.progress(f"{name}: weighing and searching the corpus")
            found = _searched(report, name, database, folder, corpus)
            for span, goal in GOALS.items():
                times = [1000 * seconds for seconds in found["searches"][span]]
                spread = Spread.of(times)
                table.row(name, span, spread, f"{max(times):.0f}", *at_most(spread, goal))
            table.note(
                f"{name}: topics weighed and shelves filled in {found['filling']:.0f} s, once. "
                f"The first search of a process, through all papers: {1000 * found['first']:.0f} ms."
            )
    report.add(table)


def _searched(report: Report, name: str, database: str, folder: str, corpus: Path) -> dict[str, Any]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "digest.settings",
        "DATABASE_URL": database,
        "DATA_DIR": folder,
        "SECRET_KEY": SECRET,
    }
    command = (sys.executable, "-m", "tests.bench.searching", str(corpus), str(report.rounds))
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    report.require(done.returncode == 0, f"{name}: a search and the percolator disagree")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
