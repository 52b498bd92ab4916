"""Searches and pages of very many stored papers, beside the same of 8,000: processor time and memory."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.corpus import corpus_for, databases, figures_of
from tests.bench.report import Report, Table

SIZES = (8_000, 32_000, 100_000, 500_000)
QUICK = (2_000, 8_000)
QUERIES = (
    "zeppelin",
    "llama3",
    "agents memory",
    '"large language model" agents -survey',
    'quant* OR "mixture of experts" NEAR/5 routing',
    'title:"3d" (gaussian OR nerf) upvotes>=10',
    "topic:quantization",
)
PAGES: Mapping[str, list[str]] = {
    "topic": ["agents"],
    "topic-atom": ["agents"],
    "archive": [],
    "trending": [],
    "explore": [],
    "sitemap": [],
}


def run(report: Report) -> None:
    sizes = QUICK if report.quick else SIZES
    columns = [f"{size:,}" for size in sizes]
    table = Table(
        "Milliseconds of processor time by stored papers, and how many times those of the fewest",
        ("SQLite", *columns, *(f"× at {column}" for column in columns[1:])),
    )
    corpus = corpus_for(table)
    if corpus is not None:
        found = [_figures(report, corpus, size) for size in sizes]
        for what in found[0]["milliseconds"]:
            times = [median(figures["milliseconds"][what]) for figures in found]
            table.row(what, *times, *(each / times[0] for each in times[1:]))
        memory = [figures["memory"] for figures in found]
        table.row("memory of the process, MB", *memory, *(each / memory[0] for each in memory[1:]))
        table.note("Invented papers, 2,000 a day: sentences of the corpus, shuffled. Nothing is cached.")
    report.add(table)


def _figures(report: Report, corpus: Path, size: int) -> Any:
    with databases() as environments:
        environment = {**environments["SQLite"], "PAPERS": str(size)}
        report.progress(f"storing and indexing {size:,} papers")
        figures_of("many", corpus, environment, Report(rounds=0), "SQLite")
        report.progress(f"searching {size:,} papers")
        return figures_of("many", corpus, environment, report, "SQLite")
