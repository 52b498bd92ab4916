"""Sign-ups at a steady rate, while the whole service runs and mails the confirmations."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.report import Report, Table, at_most
from tests.bench.sending.service import DURABLE, SECRET
from tests.bench.sending.sink import running_sink
from tests.bench.sending.tools import Tools
from tests.bench.timing import Spread
from tests.services.ports import free_port
from tests.services.postgres import create_database, postgres_server
from tests.services.processes import start_service
from tests.services.valkey import valkey_server

RATES = (100, 300)  # a second


def run(report: Report) -> None:
    seconds = 3 if report.quick else 15
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="digest-") as folder,
        running_sink(Tools()) as sink,
        valkey_server() as broker,
        postgres_server(*DURABLE) as server,
    ):
        environment = {
            "DATABASE_URL": create_database(server, "signup"),
            "REDIS_URL": broker,
            "EMAIL_URL": sink.url,
            "DATA_DIR": folder,
            "PORT": str(port),
            "SECRET_KEY": SECRET,
        }
        report.progress("starting the service")
        service = start_service(("serve",), environment, Path(folder) / "serve.log")
        try:
            service.wait_for("Press Ctrl-C to stop.", seconds=120)
            url = f"http://localhost:{port}/"
            _visits(url, broker, 20, 2)  # the first answers compile templates
            figures: dict[int, list[dict[str, Any]]] = {rate: [] for rate in RATES}
            for number in range(1, report.rounds + 1):
                for rate in RATES:
                    report.progress(f"round {number} of {report.rounds}: {rate} a second")
                    figures[rate].append(_visits(url, broker, rate, seconds))
        finally:
            service.clear()
    add_table(report, seconds, figures)


def add_table(report: Report, seconds: int, figures: dict[int, list[dict[str, Any]]]) -> None:
    columns = ("", "taken", "p50, ms", "p99, ms", "goal", "met")
    table = Table(f"Sign-ups for {seconds} s, each on a connection of its own", columns)
    for rate, rounds in figures.items():
        p50, p99 = (Spread.of([_reached(each, part) for each in rounds]) for part in (0.5, 0.99))
        taken, asked = (sum(each[what] for each in rounds) for what in ("taken", "asked"))
        goal = at_most(p99, 100) if rate == 300 else (None, None)
        table.row(f"{rate} a second", f"{taken:,} of {asked:,}", p50, p99, *goal)
    table.note(
        "From the moment each was due to its answer; web server, worker, scheduler, PostgreSQL, Valkey and"
    )
    table.note("the visitors on the same machine. One web process, as `make run` starts it.")
    report.add(table)


def _visits(url: str, broker: str, rate: int, seconds: int) -> dict[str, Any]:
    command = (sys.executable, "-m", "tests.bench.sending.visitors", url, broker, str(rate), str(seconds))
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(ended.stdout)
    return figures


def _reached(visits: dict[str, Any], share: float) -> float:
    """Milliseconds within which this share of all sign-ups was taken; infinite if fewer were."""
    place = int(share * visits["asked"])
    return 1000 * visits["seconds"][place] if place < visits["taken"] else float("inf")
