"""`python -m tests.bench.matching.million QUERIES PAPERS`: many queries in one process, figures as JSON.

QUERIES has one query a line, PAPERS one paper a line. A process of its own: what others used before does
not count as its memory.
"""

import json
import statistics
import sys
from pathlib import Path

from digest.lib.jsonl import read_papers
from digest.matching import parse_query
from digest.matching.percolator.percolator import Percolator
from tests.bench.matching.papers import fresh
from tests.bench.memory import peak_megabytes
from tests.bench.timing import timed

CHANGES = 1000
MATCHES = 3


def main() -> None:
    queries, papers = map(Path, sys.argv[1:3])
    with papers.open(encoding="utf-8") as lines:
        day = list(read_papers(lines))
    percolator: Percolator[int] = Percolator()

    def compile_all() -> None:
        with queries.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                percolator.add(number, parse_query(line))

    compiling = timed(compile_all)
    matching = [timed(lambda: percolator.match(fresh(day))) for _ in range(MATCHES)]
    with queries.open(encoding="utf-8") as lines:
        others = [next(lines).strip() + " NOT unlikelyword" for _ in range(CHANGES)]
    step = max(1, len(percolator) // CHANGES)
    changing = [
        timed(lambda: percolator.add(number * step, parse_query(query)))  # noqa: B023 - called at once
        for number, query in enumerate(others)
    ]
    after_changes = timed(lambda: percolator.match(fresh(day)))
    kept = percolator.match(day)
    figures = {
        "queries": len(percolator),
        "papers": len(day),
        "compiling": compiling,
        "matching": matching,
        "changing": statistics.median(changing),
        "changing_slowest": max(changing),
        "after_changes": after_changes,
        "queries_with_papers": len(kept),
        "megabytes": peak_megabytes(),
    }
    print(json.dumps(figures))  # noqa: T201


if __name__ == "__main__":
    main()
