"""Whole digest days, from who is due to the last mail recorded: 1,000 readers to 1,000,000."""

import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.report import Report, Table, at_least, at_most
from tests.bench.sending.service import DURABLE, SHARED, Service, peer_environment, sample_day
from tests.bench.sending.sink import Sink, running_sink
from tests.bench.sending.tools import Tools
from tests.bench.sending.turns import Turn, turn
from tests.bench.timing import Spread, in_turns
from tests.services.postgres import create_database, postgres_server

OCTETS = 30_000  # of a mail
PEERS = {"newsletter-day": "django-newsletter 1.2.1", "send-messages": "Django send_messages"}
IN_TURNS = (1000, 10_000)
ONCE = 100_000
PLANNED = 1_000_000


def run(report: Report) -> None:
    with running_sink(Tools()) as sink, postgres_server(*DURABLE) as server:
        whole_days(report, server, sink)


def whole_days(report: Report, server: str, sink: Sink) -> None:
    sizes = (200, 1000) if report.quick else IN_TURNS
    with tempfile.TemporaryDirectory() as folder:
        report.progress("looking at real mails")
        sample = sample_day(create_database(server, "sample"), OCTETS)
        path = Path(folder) / "content"
        path.write_text(json.dumps(sample.content), encoding="ascii")

        def service(readers: int, *, shared: bool) -> Service:
            name = _name(readers, shared=shared)
            report.progress(f"making {name}")
            database = create_database(server, name.replace(" ", "_").replace(",", ""))
            return Service(folder, database, sink.url, readers, shared=shared)

        contestants = {name: _peer(name, sizes[0], path, server, sink) for name in PEERS}
        for readers in sizes:
            for shared in (True, False):
                ours = service(readers, shared=shared)
                contestants[_name(readers, shared=shared)] = _days(ours, sample.papers)
        turns = in_turns(contestants, report.rounds, report.progress)
        if not report.quick:
            for shared in (True, False):
                large = service(ONCE, shared=shared)
                name = _name(ONCE, shared=shared)
                report.progress(f"a day of {name}")
                turns[name] = [large.day(sample.papers)]
            larger = service(PLANNED, shared=False)
            report.progress(f"planning a day of {PLANNED:,} readers")
            turns[f"{_name(PLANNED, shared=False)}, planned only"] = [larger.plan(sample.papers)]
    add_table(report, f"{sample.octets / 1000:.0f} KB", sink, turns)


def add_table(report: Report, size: str, sink: Sink, turns: dict[str, list[Turn]]) -> None:
    columns = (
        *("readers", "seconds", "ms a reader", "× newsletter", "goal", "met"),
        *("× send_messages", "goal", "met", "peak MB", "goal", "met"),
    )
    table = Table(f"A whole digest day, PostgreSQL, one worker, mails of {size} to {sink.name}", columns)
    each = {name: statistics.median(t.seconds / t.done for t in of_one) for name, of_one in turns.items()}
    for name, of_one in turns.items():
        seconds = Spread.of([t.seconds for t in of_one])
        memory = max(t.megabytes for t in of_one)
        if name in PEERS:
            label = f"{PEERS[name]}, {of_one[0].done:,} readers"
            table.row(label, seconds, each[name] * 1000, *[None] * 6, memory, None, None)
            continue
        faster, than_django = (each[peer] / each[name] for peer in PEERS)
        judged = name.startswith(f"{ONCE:,} ")
        goals = (
            at_least(faster, 20, " ×") if judged else (None, None),
            at_least(than_django, 7, " ×") if judged else (None, None),
            at_most(memory, 250) if judged else (None, None),
        )
        sent = "planned" not in name
        table.row(
            f"ours, {name}",
            *(seconds, each[name] * 1000),
            *((faster, *goals[0], than_django, *goals[1]) if sent else [None] * 6),
            *(memory, *goals[2]),
        )
    for shared in (True, False):
        kind = _name(0, shared=shared).removeprefix("0 ")
        whole = [name for name in turns if name.endswith(kind)]
        growth = each[whole[-1]] / each[whole[0]]
        table.note(f"Time a reader, {whole[-1]} beside {whole[0]}: × {growth:.2f} (goal: constant).")
    table.note("Ours: who is due, matching, selecting, composing, delivery rows, handing over, recording.")
    table.note(
        "As in life: nearly half of the readers have queries of their own, and get mails of their own."
    )
    table.note("django-newsletter: the submission, its list of readers, its loop; one text for all.")
    table.note("send_messages: building and sending, nothing recorded; one text for all.")
    if report.quick:
        table.note("Goals are for 100,000 readers: at full size.")
    report.add(table)


def _name(readers: int, *, shared: bool) -> str:
    return f"{readers:,} " + (f"of {SHARED} filter sets" if shared else "as in life")


def _days(ours: Service, papers: int) -> Callable[[], Turn]:
    return lambda: ours.day(papers)


def _peer(name: str, readers: int, content: Path, server: str, sink: Sink) -> Callable[[], Turn]:
    environment = peer_environment(create_database(server, name), sink.url)
    command = ("tests.bench.sending.peers", name, str(readers), str(content))
    return lambda: turn([command], environment)
