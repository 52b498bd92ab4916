"""A million readers of one page of papers: planned, composed and handed over, with time and memory."""

import tempfile

from tests.bench.builds import THIS
from tests.bench.report import NOT_HERE, Report, Table, at_most
from tests.bench.sending.page_day import PageDay, page
from tests.bench.sending.service import DURABLE, SHARED
from tests.bench.sending.sink import running_sink
from tests.bench.sending.tools import Tools
from tests.services.postgres import create_database, postgres_server

READERS = 1_000_000
WORKERS = 2
_COLUMNS = (
    *("readers", "filter sets", "papers", "step", "seconds", "CPU s", "a second", "peak MB"),
    *("goal", "met", "goal", "met"),
)


def run(report: Report) -> None:
    readers = report.readers or (5000 if report.quick else READERS)
    table = Table(f"{readers:,} readers of the page of 115 papers, PostgreSQL", _COLUMNS)
    if page() is None:
        table.note("Not measured: the page is real material, which TEST_DATA must name.")
        report.add(table)
        return
    with running_sink(Tools()) as sink, postgres_server(*DURABLE) as server:
        for sets, limit in ((0, 120), (SHARED, 60)):
            kind = f"of {sets} filter sets" if sets else "as in life"
            with tempfile.TemporaryDirectory() as folder:
                day = PageDay(THIS, folder, create_database(server, f"million {sets}"), sink.url)
                report.progress(f"making readers {kind}")
                papers = day.prepare(readers, sets)
                distinct = day.filter_sets()
                report.progress(f"planning {kind}")
                planned = day.plan()
                report.progress(f"handing over {kind}")
                sent = day.deliver(WORKERS)
            report.require(sent.done == planned.done == readers, f"{kind}: {sent.done} of {readers} sent")
            for step, done in (("planned", planned), (f"handed over by {WORKERS}", sent)):
                goals = (at_most(done.seconds, limit, " s"), at_most(done.megabytes, 250, " MB"))
                judged = NOT_HERE if readers < READERS else goals[0] if step == "planned" else (None, None)
                table.row(
                    *(f"{readers:,} {kind}", distinct, papers, step, done.seconds, done.cpu_seconds),
                    *(done.done / done.seconds, done.megabytes, *judged, *goals[1]),
                )
    table.note("Planned: matching, selections, deliveries and the next due times, all stored durably.")
    table.note(f"Handed over: composed, sent to {sink.name}, recorded. CPU is that of our processes.")
    report.add(table)
