"""Standing queries against a day's papers: ours beside other ways; hard ones; a million."""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from digest.lib.jsonl import PlainPaper
from digest.matching import Query, parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.tokenizer import stem
from tests.bench.matching.papers import fresh, papers
from tests.bench.matching.peers import BruteForce, RarestTerm
from tests.bench.matching.postgres import TsqueryJoin
from tests.bench.matching.queries import Vocabulary, adversarial_sets, distinct_queries
from tests.bench.report import NOT_HERE, Report, Table, at_least, at_most
from tests.bench.timing import Spread, interleaved, timed
from tests.services.postgres import create_database, postgres_server

DAY = 200
OURS, READ = "ours, matched", "ours, every pair read"
READY = "ours, the papers' words ready"
RAREST = "rarest-term percolator, Python"
JOIN, INDEXED = "PostgreSQL tsquery join", "PostgreSQL, GIN index forced"
BRUTE = "brute force, from a sample"
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
    percolator = Percolator[int]()
    parsing = timed(lambda: queries.extend(map(parse_query, texts)))
    adding = timed(lambda: _add_all(percolator, queries))
    rarest = RarestTerm(queries, {stem(word): papers for word, papers in vocabulary.words.items()})
    sample = BruteForce(queries[:SAMPLE])
    index = index_of(day)
    with postgres_server() as server:
        report.progress("filling PostgreSQL")
        join = TsqueryJoin(create_database(server, "matching"), day, queries)
        seconds = interleaved(
            {
                OURS: lambda: percolator.match(fresh(day)),
                READY: lambda: percolator.match(day, index),
                READ: lambda: list(_pairs(percolator, fresh(day))),
                RAREST: lambda: list(rarest.pairs(fresh(day))),
                JOIN: join.count,
                INDEXED: lambda: join.count(by_index=True),
                BRUTE: lambda: list(sample.pairs(fresh(day))),
            },
            report.rounds,
            report.progress,
        )
        report.progress("comparing what they found")
        ours = _sorted(_pairs(percolator, day))
        found = {
            RAREST: (_sorted(rarest.pairs(day)), ours),
            JOIN: (_sorted(join.pairs()), ours),
            INDEXED: (_sorted(join.pairs(by_index=True)), ours),
            BRUTE: (_sorted(sample.pairs(day)), ours[ours[:, 0] < SAMPLE]),
        }
        report.require(join.uses_index(), "PostgreSQL does not use the index")
        join.close()
    for name, (theirs, expected) in found.items():
        report.require(
            _mark(theirs) == _mark(expected), f"{name} found {_mark(theirs)}, we {_mark(expected)}"
        )
    seconds[BRUTE] = seconds[BRUTE].times(count / SAMPLE)

    columns = ("", "seconds", "times ours", "pairs", "goal", "met")
    table = Table(f"{count:,} distinct queries × {len(day)} papers of {origin}", columns)
    for name, spread in seconds.items():
        ratio = spread.median / seconds[OURS].median
        equal = name not in found or _mark(found[name][0]) == _mark(found[name][1])
        pairs = len(ours) if name not in found else "the same" if equal else "OTHERS"
        table.row(name, spread, ratio, pairs, *_goal(name, seconds, report))
    table.note(
        f"Once, before: {parsing:.2f} s to parse these queries and {adding:.2f} s to add them to ours."
    )
    table.note(
        "The other two of ours, rarest term and brute force read the papers' words each time; PostgreSQL had "
        "them ready."
    )
    table.note(f"Brute force: {SAMPLE:,} of the queries, times {count // SAMPLE}.")
    table.note(f"Pairs: sha256 {_mark(ours)[1]}.")
    report.add(table)


def _goal(name: str, seconds: Mapping[str, Spread], report: Report) -> tuple[str | None, str | None]:
    if name == OURS:
        return NOT_HERE if report.quick else at_most(seconds[OURS], 0.25, " s")
    if name == JOIN:
        return at_least(seconds[JOIN].median / seconds[OURS].median, 100, " × ours")
    return None, None


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
