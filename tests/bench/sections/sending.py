"""Handing mails over: ours beside Django's ways and a load program in C, into one sink."""

import json
import statistics
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.bench.report import NOT_HERE, Report, Table, at_least, at_most
from tests.bench.sending.service import DURABLE, SHARED, Service, peer_environment, sample_day
from tests.bench.sending.sink import Sink, running_sink
from tests.bench.sending.tools import Tools
from tests.bench.sending.turns import Turn, turn
from tests.bench.timing import Spread, in_turns
from tests.services.postgres import create_database, postgres_server

MODULES = {"newsletter": "newsletter", "post-office": "post_office"}
SIZES = (30, 60)  # KB of a mail
PEERS = {
    "smtp-source": "smtp-source -d -s 8, C",
    "finished": "smtplib, finished bytes",
    "send-messages": "Django send_messages, 1 connection",
    "post-office": "django-post-office 3.12.0",
    "newsletter": "django-newsletter 1.2.1",
}
# So many mails for each of ours: who is fast needs more to be measured, who is slow would take the day.
FACTORS = {"smtp-source": 10, "finished": 2, "send-messages": 0.4, "post-office": 0.2, "newsletter": 0.2}
POSTGRES, SQLITE, OWN = "PostgreSQL", "SQLite", "PostgreSQL, filters as in life"


def run(report: Report) -> None:
    tools = Tools()
    for kilobytes in SIZES[:1] if report.quick else SIZES:
        with running_sink(tools) as sink, postgres_server(*DURABLE) as server:
            hand_over(report, kilobytes, server, sink, tools)


def hand_over(report: Report, kilobytes: int, server: str, sink: Sink, tools: Tools) -> None:
    readers = 1000 if report.quick else 5000
    with tempfile.TemporaryDirectory() as folder:
        report.progress(f"looking at real mails of about {kilobytes} KB")
        sample = sample_day(create_database(server, "sample"), 1000 * kilobytes, shared=True)
        path = Path(folder) / "content"
        path.write_text(json.dumps(sample.content), encoding="ascii")
        peers = peer_environment(create_database(server, "peers"), sink.url)
        contestants: dict[str, Callable[[], Turn]] = {
            name: _peer(name, int(readers * FACTORS[name]), path, peers)
            for name in PEERS
            if available(name, tools)
        }
        stores = {
            POSTGRES: create_database(server, "ours"),
            SQLITE: f"sqlite:///{folder}/ours.sqlite3",
            OWN: create_database(server, "own"),
        }
        ours: dict[str, Service] = {}
        for name, url in stores.items():
            report.progress(f"making {readers:,} readers: {name}")
            ours[name] = Service(folder, url, sink.url, readers, shared=name != OWN)
            for workers in (1,) if name == OWN else (1, 2) if report.quick else (1, 2, 4):
                contestants[f"ours, {name}, {workers} worker{'s' * (workers > 1)}"] = _digests(
                    ours[name], sample.papers, workers
                )
        contestants[f"ours, {POSTGRES}, 1 worker, 8 connections"] = _digests(
            ours[POSTGRES], sample.papers, 1, connections=8
        )
        turns = in_turns(contestants, report.rounds, report.progress)
    add_table(report, f"{sample.octets / 1000:.0f} KB", sink, turns)
    add_plans(report, readers, {name: store.plans for name, store in ours.items()})


def add_table(report: Report, size: str, sink: Sink, turns: Mapping[str, list[Turn]]) -> None:
    columns = (
        "",
        "mails/s",
        "× smtp-source",
        "goal",
        "met",
        "CPU s / 1,000",
        "of newsletter's",
        "goal",
        "met",
    )
    table = Table(f"Mails of {size} handed over to {sink.name}", columns)
    rates = {
        name: Spread.of([t.done / t.seconds for t in of_one]) for name, of_one in turns.items() if of_one
    }
    cpu = {
        name: statistics.median(1000 * t.cpu_seconds / t.done for t in of_one)
        for name, of_one in turns.items()
        if of_one
    }
    limit, slow = rates.get("smtp-source"), cpu.get("newsletter")
    for name in (*PEERS, *(name for name in turns if name not in PEERS)):
        label = PEERS.get(name, name)
        if name not in rates:
            table.row(label, "not here", *[None] * 7)
            continue
        share = rates[name].median / limit.median if limit else None
        saved = cpu[name] / slow if slow else None
        judged = name == f"ours, {POSTGRES}, 1 worker" and not report.quick
        reached = at_least(share, 0.5, " ×") if judged and share else (None, None)
        spent = at_most(saved, 0.067, " ×") if judged and saved else (None, None)
        table.row(label, rates[name], share, *reached, cpu[name], saved, *spent)
    table.note("Ours: deliveries planned before; claimed, composed, handed over and recorded (send_digests).")
    table.note(f"Readers share {SHARED} filter sets; as in life, nearly half have queries of their own.")
    table.note("PostgreSQL and SQLite write every commit to disk. Peers' rows exist before, as ours do.")
    table.note("Ours has 4 connections for each worker unless it says 8; smtp-source has 8.")
    table.note("smtp-source says one message of that size again and again; the sink keeps nothing: a limit.")
    if limit is None:
        table.note("smtp-source is not here and could not be unpacked: apt install postfix.")
    if report.quick:
        table.note("Goals are for 5,000 readers: at full size.")
    report.add(table)


def add_plans(report: Report, readers: int, plans: Mapping[str, list[Turn]]) -> None:
    table = Table(f"Digests planned for {readers:,} readers, one process", ("", "readers/s", "goal", "met"))
    for name, turns in plans.items():
        rate = Spread.of([t.done / t.seconds for t in turns])
        goal = NOT_HERE if report.quick else at_least(rate, 100_000)
        table.row(name, rate, *(goal if name == "PostgreSQL" else (None, None)))
    table.note("Who is due, what they get (matching and selecting included), one delivery each.")
    report.add(table)


def available(peer: str, tools: Tools) -> bool:
    """Whether a peer is here: installed by `make bench`, or a program that could be found."""
    if peer == "smtp-source":
        return tools.source is not None
    return find_spec(MODULES[peer]) is not None if peer in MODULES else True


def _peer(name: str, mails: int, content: Path, environment: Mapping[str, str]) -> Callable[[], Turn]:
    command = ("tests.bench.sending.peers", name, str(mails), str(content))
    return lambda: turn([command], environment)


def _digests(ours: Service, papers: int, workers: int, connections: int = 4) -> Callable[[], Turn]:
    def act() -> Turn:
        ours.plan(papers)
        return ours.deliver(workers, connections)

    return act
