"""How good the order of digests is, with the reader's votes and without: a replay of simulated readers.

The numbers in `digest.matching` were chosen with other aspects and seeds (docs/ranking.md).

    python -m tests.bench.ranking --corpus corpus/papers.jsonl.gz
"""

import argparse
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from digest.matching.ranking.relevance_feedback import LEAST_VOTES
from digest.matching.ranking.similarity import Similarities
from tests.bench import libraries
from tests.bench.replay import Digest, Listed, read, readers, replay

_MANY = 10**6
SPANS = {
    "5 to 9": (LEAST_VOTES, 9),
    "10 to 19": (10, 19),
    "20 to 49": (20, 49),
    "50 and more": (50, _MANY),
    "all": (LEAST_VOTES, _MANY),
}
SEEDS = range(100, 105)
READERS = 30


class Row(NamedTuple):
    """Digests with so many votes before them: AUC and nDCG@10 of each order, mean and deviation over seeds.

    `twins` is how many of the ten papers on top are much like one above them.
    """

    votes: str
    digests: int
    auc: dict[str, tuple[float, float]]
    ndcg: dict[str, tuple[float, float]]
    twins: dict[str, float]


def measure(
    papers: Sequence[Listed], seeds: Iterable[int], count: int, *, held_out: bool = True
) -> list[Row]:
    """A row for each number of votes, and one for all, from `count` readers of each seed."""
    similarities = Similarities({listed.number: listed.paper for listed in papers})
    runs = [
        [
            digest
            for reader in readers(papers, seed, count, held_out=held_out)
            for digest in replay(papers, reader, similarities)
        ]
        for seed in seeds
    ]
    rows = []
    for name, (low, high) in SPANS.items():
        parts = [[digest for digest in run if low <= digest.votes <= high] for run in runs]
        if all(parts):
            rows.append(_row(name, parts))
    return rows


def _row(name: str, parts: Sequence[Sequence[Digest]]) -> Row:
    found = [digest for part in parts for digest in part]
    orders = list(found[0].auc)

    def spread(values: list[float]) -> tuple[float, float]:
        return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0

    return Row(
        name,
        len(found),
        {order: spread([statistics.fmean(d.auc[order] for d in part) for part in parts]) for order in orders},
        {
            order: spread([statistics.fmean(d.ndcg[order] for d in part) for part in parts])
            for order in orders
        },
        {order: statistics.fmean(digest.twins[order] for digest in found) for order in orders},
    )


def main() -> None:
    """Replay and print."""
    arguments = argparse.ArgumentParser(description="Replay simulated readers.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--seeds", type=int, default=len(SEEDS))
    arguments.add_argument("--readers", type=int, default=READERS)
    arguments.add_argument(
        "--chosen-on", action="store_true", help="the aspects on which numbers were chosen"
    )
    given = arguments.parse_args()
    papers, seeds = read(given.corpus), range(SEEDS.start, SEEDS.start + given.seeds)
    for row in measure(papers, seeds, given.readers, held_out=not given.chosen_on):
        print(f"{row.votes} votes, {row.digests:,} digests")  # noqa: T201
        for order in row.auc:
            told = _told("AUC", row.auc[order]) + _told("nDCG@10", row.ndcg[order])
            print(f"  {order:14} {told} twins among ten {row.twins[order]:.3f}")  # noqa: T201
    print("readers who start from a library")  # noqa: T201
    starting, kept = libraries.measure(papers, seeds, given.readers, held_out=not given.chosen_on)
    for start in starting:
        print(f"  {start.size:3} {start.order:24} {_told('AUC', start.auc)} {_told('nDCG@10', start.ndcg)}")  # noqa: T201
    for one in kept:
        share, precision, recall = (f"{value:.1%}" for value in one[2:])
        print(f"  {one.size:3} from {one.threshold}: {share} of all, {precision} worth it, finds {recall}")  # noqa: T201


def _told(name: str, value: tuple[float, float]) -> str:
    return f"{name} {value[0]:.3f} ± {value[1]:.3f} "


if __name__ == "__main__":
    main()
