"""Standing queries against a day's papers: ours beside other ways; hard ones; a million."""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from digest.matching import Percolator, Query, parse_query
from digest.matching.text import stem
from digest.plain import PlainPaper
from tests.bench.matching.papers import fresh, papers
from tests.bench.matching.peers import BruteForce, RarestTerm
from tests.bench.matching.postgres import TsqueryJoin
from tests.bench.matching.queries import Vocabulary, adversarial_sets, distinct_queries
from tests.bench.report import NOT_HERE, Report, Table, at_least, at_most
from tests.bench.timing import Spread, interleaved, timed
from tests.services.postgres import create_database, postgres_server

DAY = 200
SAMPLE = 1000  # queries that brute force is timed on


def run(report: Report) -> None:
    report.progress("reading papers, drawing queries")
    found, origin = papers()
    vocabulary = Vocabulary.of(found)
    beside_peers(report, found[:DAY], vocabulary, origin)
    hard_sets(report, found[:DAY], vocabulary)
    at_scale(report, found, vocabulary, origin)


def beside_peers(report: Report, day: list[PlainPaper], vocabulary: Vocabulary, origin: str) -> None:
    """The same queries and papers for everyone; whoever finds other pairs fails the run."""
    count = 20_000 if report.quick else 100_000
    texts = distinct_queries(vocabulary, count)
    queries: list[Query] = []
    parsing = timed(lambda: queries.extend(map(parse_query, texts)))
    percolator = Percolator[int]()
    adding = timed(lambda: _add_all(percolator, queries))
    rarest = RarestTerm(queries, {stem(word): count for word, count in vocabulary.words.items()})
    sample = BruteForce(queries[:SAMPLE])
    with postgres_server() as server:
        report.progress("filling PostgreSQL")
        join = TsqueryJoin(create_database(server, "matching"), day, queries)
        seconds = interleaved(
            {
                "ours": lambda: percolator.match(fresh(day)),
                "ours, every pair read": lambda: list(_pairs(percolator, fresh(day))),
                "rarest term": lambda: list(rarest.pairs(fresh(day))),
                "tsquery join": join.count,
                "tsquery join by GIN index": lambda: join.count(by_index=True),
                "brute force": lambda: list(sample.pairs(fresh(day))),
            },
            report.rounds,
            report.progress,
        )
        report.progress("comparing what they found")
        ours = _sorted(_pairs(percolator, day))
        marks = {
            "rarest term": _mark(_sorted(rarest.pairs(day))),
            "tsquery join": _mark(_sorted(join.pairs())),
            "tsquery join by GIN index": _mark(_sorted(join.pairs(by_index=True))),
        }
        report.require(join.uses_index(), "PostgreSQL does not use the index")
        join.close()
    for name, mark in marks.items():
        report.require(mark == _mark(ours), f"{name} found {mark}, we {_mark(ours)}")
    of_sample = _mark(_sorted(sample.pairs(day)))
    report.require(of_sample == _mark(ours[ours[:, 0] < SAMPLE]), f"brute force found {of_sample}")

    columns = ("", "seconds", "times ours", "pairs", "goal", "met")
    table = Table(f"{count:,} distinct queries × {len(day)} papers of {origin}", columns)
    best, pairs, equal = seconds["ours"], len(ours), "the same"
    table.row("ours, matched", best, 1.0, pairs, *(NOT_HERE if report.quick else at_most(best, 0.25, " s")))
    read = seconds["ours, every pair read"]
    table.row("ours, every pair read", read, read.median / best.median, pairs, None, None)
    for name, label in (
        ("rarest term", "rarest-term percolator, Python"),
        ("tsquery join", "PostgreSQL tsquery join"),
        ("tsquery join by GIN index", "PostgreSQL, GIN index forced"),
    ):
        ratio = seconds[name].median / best.median
        goal = at_least(ratio, 100, " × ours") if name == "tsquery join" else (None, None)
        table.row(label, seconds[name], ratio, equal if marks[name] == _mark(ours) else "OTHERS", *goal)
    brute = seconds["brute force"].times(count / SAMPLE)
    table.row("brute force, from a sample", brute, brute.median / best.median, equal, None, None)
    table.note(
        f"Once, before: {parsing:.2f} s to parse these queries and {adding:.2f} s to add them to ours."
    )
    table.note(
        "Ours, rarest term and brute force read the papers' words each time; PostgreSQL had them ready."
    )
    table.note(f"Brute force: {SAMPLE:,} of the queries, times {count // SAMPLE}.")
    table.note(f"Pairs: sha256 {_mark(ours)[1]} for all.")
    report.add(table)


def hard_sets(report: Report, day: list[PlainPaper], vocabulary: Vocabulary) -> None:
    count = 20_000 if report.quick else 100_000
    report.progress("drawing hard queries")
    sets = {"plain": distinct_queries(vocabulary, count), **adversarial_sets(vocabulary, count)}
    percolators: dict[str, Percolator[int]] = {}
    compiling: dict[str, float] = {}
    for name, texts in sets.items():
        report.progress(f"compiling {name}")
        percolator = percolators[name] = Percolator[int]()
        compiling[name] = timed(lambda: _add_all(percolator, map(parse_query, texts)))  # noqa: B023 - at once
    seconds = interleaved(
        {name: _matching(percolator, day) for name, percolator in percolators.items()},
        report.rounds,
        report.progress,
    )
    columns = ("", "queries", "seconds", "times plain", "goal", "met", "compiling, s", "times plain")
    table = Table(f"Hard sets of queries × {len(day)} papers, ours", columns)
    for name, texts in sets.items():
        ratio = seconds[name].median / seconds["plain"].median
        goal = at_most(ratio, 5, " ×") if name != "plain" else (None, None)
        compiled = compiling[name] / compiling["plain"]
        table.row(name, len(texts), seconds[name], ratio, *goal, compiling[name], compiled)
    report.add(table)


def at_scale(report: Report, found: list[PlainPaper], vocabulary: Vocabulary, origin: str) -> None:
    count, day = (100_000, found[:500]) if report.quick else (1_000_000, found[:2300])
    report.progress(f"drawing {count:,} queries")
    with tempfile.TemporaryDirectory() as name:
        queries, papers_file = Path(name) / "queries", Path(name) / "papers"
        queries.write_text("\n".join(distinct_queries(vocabulary, count)), encoding="utf-8")
        papers_file.write_text("\n".join(map(_line, day)), encoding="utf-8")
        report.progress(f"{count:,} queries × {len(day):,} papers")
        command = [sys.executable, "-m", "tests.bench.matching.million", str(queries), str(papers_file)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures = json.loads(ended.stdout)
    table = Table(
        f"{count:,} distinct queries × {len(day):,} papers of {origin}, one process",
        ("", "", "goal", "met"),
    )
    matching = Spread.of(figures["matching"])
    table.row("match, s", matching, *(NOT_HERE if report.quick else at_most(matching, 5)))
    memory = figures["megabytes"]
    table.row("peak memory, MB", memory, *(NOT_HERE if report.quick else at_most(memory, 1200)))
    table.row("parse and add, once, s", figures["compiling"], None, None)
    table.row("change one query, ms", figures["changing"] * 1000, *at_most(figures["changing"] * 1000, 1))
    table.row("the slowest of 1,000 changes, ms", figures["changing_slowest"] * 1000, None, None)
    table.row("match after 1,000 changes, s", figures["after_changes"], None, None)
    table.row("queries with papers", figures["queries_with_papers"], None, None)
    report.add(table)


def _add_all(percolator: Percolator[int], queries: Iterable[Query]) -> None:
    for number, query in enumerate(queries):
        percolator.add(number, query)


def _matching(percolator: Percolator[int], day: list[PlainPaper]) -> Callable[[], object]:
    return lambda: percolator.match(fresh(day))


def _pairs(percolator: Percolator[int], day: Sequence[PlainPaper]) -> Iterable[tuple[int, int]]:
    numbers = {paper.key: number for number, paper in enumerate(day)}
    for query, matches in percolator.match(day).items():
        for match in matches:
            yield query, numbers[match.paper.key]


def _sorted(pairs: Iterable[tuple[int, int]]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _mark(pairs: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> tuple[int, str]:
    """How many, and a fingerprint of which."""
    return len(pairs), hashlib.sha256(pairs.tobytes()).hexdigest()[:16]


def _line(paper: PlainPaper) -> str:
    return json.dumps(
        {name: value for name, value in asdict(paper).items() if name in {"key", "title", "abstract"}}
    )
