"""Searches and pages of up to half a million stored papers: processor time and memory, both databases."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.corpus import Environment, corpus_for, databases, figures_of
from tests.bench.report import Report, Table, at_most

COPIES = (1, 8, 63)  # of 8,000 papers: 8,000, 64,000 and 504,000
PAPERS = 8_000
QUICK = 1_000
QUERIES = (
    "zeppelin",
    "agents",
    "agents memory",
    '"large language model" agents -survey',
    "attention is all you need",
    "llama3",
    'quant* OR "mixture of experts" NEAR/5 routing',
    'title:"3d" (gaussian OR nerf) upvotes>=10',
    "topic:quantization",
    "a* -the",
)
PAGES: Mapping[str, list[str]] = {
    "topic": ["agents"],
    "topic-atom": ["agents"],
    "archive": [],
    "trending": [],
    "explore": [],
    "sitemap": [],
    "sitemap-papers": [],
}
SEARCHES = (30, 40, 120)  # milliseconds a search may take at each size
GOALS = {"topic": 30, "day": 50, "sitemap": 5}  # milliseconds, at any size
MEMORY = 350  # MB, at any size


def run(report: Report) -> None:
    papers = QUICK if report.quick else PAPERS
    sizes = [f"{papers * copies:,}" for copies in COPIES]
    table = Table(
        "Milliseconds of processor time by stored papers; again: when it was asked a moment ago",
        ("database", "what", *(cell for size in sizes for cell in (size, "goal", "met"))),
    )
    corpus = corpus_for(table)
    if corpus is not None:
        with databases() as environments:
            for name, environment in environments.items():
                found = [
                    _figures(
                        report, corpus, name, {**environment, "PAPERS": str(papers), "COPIES": str(copies)}
                    )
                    for copies in COPIES
                ]
                for what in found[0]["milliseconds"]:
                    times = [median(figures["milliseconds"][what]) for figures in found]
                    table.row(name, what, *_cells(times, _goals(what)))
                table.row(name, "memory, MB", *_cells([figures["memory"] for figures in found], [MEMORY] * 3))
        table.note(
            "Invented papers, 2,000 a day: sentences of the corpus, shuffled; larger sizes are copies of"
        )
        table.note(
            "the smallest, papers and index, with other numbers and days. Pages are made anew each time."
        )
    report.add(table)


def _goals(what: str) -> Sequence[float | None]:
    if what in QUERIES:
        return SEARCHES
    return [GOALS.get(what)] * len(SEARCHES)


def _cells(values: Sequence[float], goals: Sequence[float | None]) -> list[float | str]:
    return [
        cell
        for value, goal in zip(values, goals, strict=True)
        for cell in (value, *(at_most(value, goal) if goal else ("", "")))
    ]


def _figures(report: Report, corpus: Path, name: str, environment: Environment) -> Any:
    """What is measured with so many copies; those of the size before are there."""
    size = f"{environment['COPIES']} times {environment['PAPERS']} papers"
    report.progress(f"{name}: storing {size}")
    figures_of("many", corpus, environment, Report(rounds=0), name)
    report.progress(f"{name}: searching {size}")
    return figures_of("many", corpus, environment, report, name)
