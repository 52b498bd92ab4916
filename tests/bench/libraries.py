"""Simulated readers who start from a library: how it orders their digests, and what it brings of all papers.

A library is drawn from the papers of the first half of the year that were worth reading; everything is judged
on the second half. Of all papers, those of the reader's topics are worth reading as ever, and no others.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.matching.ranking.likeness import THRESHOLD, Likeness
from digest.matching.ranking.order import rank
from digest.matching.ranking.relevance_feedback import Taste
from digest.matching.ranking.similarity import Similarities
from tests.bench.replay import Listed, Reader, auc, editions, ndcg, readers, replay

SIZES = (10, 30, 100)
THRESHOLDS = (0.15, 0.18, 0.2, THRESHOLD, 0.25, 0.28)


class Judged(NamedTuple):
    """A digest, or all papers of half a year, in one order: the library's size, AUC and nDCG@10."""

    size: int
    order: str
    auc: float
    ndcg: float


class Kept(NamedTuple):
    """What a library keeps of all papers: how many of a hundred, and how many of these are worth reading."""

    size: int
    threshold: float
    share: float
    precision: float
    recall: float


class Row(NamedTuple):
    """Means over readers and digests, ± the deviation between seeds."""

    size: int
    order: str
    auc: tuple[float, float]
    ndcg: tuple[float, float]


def starts(
    papers: Sequence[Listed], reader: Reader, similarities: Similarities[int]
) -> Iterator[Judged | Kept]:
    """A reader with libraries of every size that their first half of the year yields."""
    theirs = list(editions(papers, reader))
    first, later = theirs[: len(theirs) // 2], theirs[len(theirs) // 2 :]
    pool = [one.listed[number] for one in first for number, worth in one.worth.items() if worth]
    pool.sort(key=lambda listed: reader.draw("library", listed))
    voted = {digest.edition: digest for digest in replay(papers, reader, similarities)}
    worth = {number for one in later for number, is_worth in one.worth.items() if is_worth}
    rest = [listed for listed in papers if later and listed.edition >= later[0].number]
    for size in SIZES if later else ():
        if len(pool) < size:
            break
        library = {listed.number: similarities.vector(listed.number) for listed in pool[:size]}
        taste, likeness = Taste(library, {}), Likeness(library)
        for one in later:
            if not one.can_be_judged or one.number not in voted:
                continue
            before = voted[one.number]
            order = [one.worth[c.number] for c, _ in rank(one.candidates, similarities, taste)]
            yield Judged(size, "no library", before.auc["making room"], before.ndcg["making room"])
            yield Judged(size, "votes", before.auc["and votes"], before.ndcg["and votes"])
            yield Judged(size, "library", auc(order), ndcg(order))
            yield Judged(size, "best possible", before.auc["best possible"], before.ndcg["best possible"])
        strengths = {one.number: likeness.strength(similarities.vector(one.number)) for one in rest}
        ranked = sorted(strengths, key=lambda number: (-strengths[number], number))
        upvotes = sorted(rest, key=lambda one: (-(one.paper.upvotes or 0), one.number))
        alone = [number in worth for number in ranked]
        yield Judged(size, "all papers, by upvotes", auc([one.number in worth for one in upvotes]), 0.0)
        yield Judged(size, "all papers, by library", auc(alone), ndcg(alone))
        for threshold in THRESHOLDS:
            kept = [number for number in ranked if strengths[number] >= threshold]
            right = len(worth.intersection(kept))
            yield Kept(size, threshold, len(kept) / len(rest), right / (len(kept) or 1), right / len(worth))


def measure(
    papers: Sequence[Listed],
    seeds: Iterable[int],
    count: int,
    *,
    held_out: bool = True,
) -> tuple[list[Row], list[Kept]]:
    """A row for each size of library and order, and what each threshold keeps, in the mean over readers."""
    similarities = Similarities({listed.number: listed.paper for listed in papers})
    judged: dict[tuple[int, str], dict[int, list[Judged]]] = defaultdict(lambda: defaultdict(list))
    kept: dict[tuple[int, float], list[Kept]] = defaultdict(list)
    for seed in seeds:
        for reader in readers(papers, seed, count, held_out=held_out):
            for found in starts(papers, reader, similarities):
                if isinstance(found, Judged):
                    judged[found.size, found.order][seed].append(found)
                else:
                    kept[found.size, found.threshold].append(found)
    rows = [Row(*key, _spread(by_seed, 2), _spread(by_seed, 3)) for key, by_seed in sorted(judged.items())]
    return rows, [
        Kept(*key, *(statistics.fmean(each[column] for each in found) for column in (2, 3, 4)))
        for key, found in sorted(kept.items())
    ]


def _spread(by_seed: Mapping[int, Sequence[Judged]], column: int) -> tuple[float, float]:
    means = [statistics.fmean(float(each[column]) for each in found) for found in by_seed.values()]
    return statistics.fmean(means), statistics.stdev(means) if len(means) > 1 else 0.0
