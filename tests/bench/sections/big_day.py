"""The page of 115 papers as it is, for readers as in life: planned, composed and handed over, by builds."""

import tempfile
from dataclasses import dataclass

from tests.bench.builds import JUDGED, Build, contestants
from tests.bench.report import NOT_HERE, Cell, Report, Table, at_least
from tests.bench.sending.page_day import PageDay, page
from tests.bench.sending.service import DURABLE
from tests.bench.sending.sink import running_sink
from tests.bench.sending.tools import Tools
from tests.bench.sending.turns import Turn
from tests.services.postgres import create_database, postgres_server

READERS = 20_000
_READERS_ALONE = frozenset({JUDGED})
_COLUMNS = (
    *("database", "build", "planned, s", "CPU s", "peak MB", "handed over, s", "CPU s", "peak MB"),
    *("mails/s", "× ours", "goal", "met"),
)


def run(report: Report) -> None:
    readers = report.readers or (500 if report.quick else READERS)
    table = Table(f"A day of the page of 115 papers, {readers:,} readers as in life", _COLUMNS)
    if page() is None:
        table.note("Not measured: the page is real material, which TEST_DATA must name.")
        report.add(table)
        return
    builds, missing = contestants()
    for line in missing:
        table.note(line)
    with running_sink(Tools()) as sink, postgres_server(*DURABLE) as server:
        for kind in ("PostgreSQL", "SQLite"):
            _Comparison(report, table, kind, server, sink.url).run(builds, readers)
    table.note("Each build once: a page is new to its readers once. One process, one sender.")
    table.note(f"Handed over to {sink.name}; × ours is of both together, by the clock.")
    report.add(table)


@dataclass
class _Comparison:
    """The same day by one build after another, on a database of a kind."""

    report: Report
    table: Table
    kind: str
    server: str
    relay: str
    ours: float = 0.0

    def run(self, builds: dict[str, Build], readers: int) -> None:
        for name, build in builds.items():
            self.report.progress(f"{self.kind}, {name}: {readers:,} readers")
            with tempfile.TemporaryDirectory() as folder:
                database = f"sqlite:///{folder}/day.sqlite3"
                if self.kind == "PostgreSQL":
                    database = create_database(self.server, f"page {name}")
                day = PageDay(build, folder, database, self.relay)
                day.prepare(readers, None if name in _READERS_ALONE else 0)
                planned = day.plan()
                self.report.progress(f"{self.kind}, {name}: handing over")
                sent = day.deliver()
            complete = planned.done == readers == sent.done
            self.report.require(complete, f"{self.kind}, {name}: {sent.done} of {readers} sent")
            self._row(name, planned, sent)

    def _row(self, name: str, planned: Turn, sent: Turn) -> None:
        seconds = planned.seconds + sent.seconds
        self.ours = self.ours or seconds
        goal: tuple[Cell, Cell] = (None, None)
        if name == JUDGED:
            smaller = planned.done < READERS
            goal = NOT_HERE if smaller else at_least(seconds / self.ours, 8, " ×")
        self.table.row(
            *(self.kind, name, planned.seconds, planned.cpu_seconds, planned.megabytes),
            *(sent.seconds, sent.cpu_seconds, sent.megabytes, sent.done / seconds, seconds / self.ours),
            *goal,
        )
