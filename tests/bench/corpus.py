"""The corpus of TEST_DATA, and programs that store it in a database of each kind and measure there."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.report import Report, Table
from tests.bench.sending.service import SECRET
from tests.services.postgres import create_database, postgres_server

Environment = Mapping[str, str]


def corpus_for(table: Table) -> Path | None:
    """The file of its papers; without one, None, and the table says so."""
    if data := os.environ.get("TEST_DATA"):
        return Path(data) / "corpus" / "papers.jsonl.gz"
    table.note("Not measured: the papers are those of the corpus, which TEST_DATA must name.")
    return None


@contextmanager
def databases() -> Iterator[Mapping[str, Environment]]:
    """An empty database of each kind, by its name, as the environment of a program that uses it."""
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        urls = {
            "SQLite": f"sqlite:///{folder}/bench.sqlite3",
            "PostgreSQL": create_database(server, "bench"),
        }
        django = {"DJANGO_SETTINGS_MODULE": "digest.settings", "SECRET_KEY": SECRET, "DATA_DIR": folder}
        yield {name: django | {"DATABASE_URL": url} for name, url in urls.items()}


def figures_of(program: str, about: Path | int, environment: Environment, report: Report, name: str) -> Any:
    """What the program `tests.bench.PROGRAM` prints; it ends with 1 if the percolator finds other papers."""
    command = (sys.executable, "-m", f"tests.bench.{program}", str(about), str(report.rounds))
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, check=False
    )
    report.require(done.returncode == 0, f"{name}: {program} and the percolator disagree")
    return json.loads(done.stdout)
