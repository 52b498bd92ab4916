"""Measure the shipped topics on papers that the model has not learned from, and write measured.json.

    python -m digest.training.measure --corpus PATH --gold PATH [--curve]

Three sets: gold papers and labelled corpus papers, each judged by a model that had not seen it, with
thresholds that the other folds suggest; and the papers of locked.tsv, judged by the model as shipped.
Intervals are of 95 percent, from resampling the papers.
"""

import argparse
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from digest.matching import parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.topics.classifier import preset_topics
from digest.matching.topics.evaluation import Evaluation, evaluate
from digest.matching.topics.measured import MEASURED
from digest.training.crossvalidate import (
    Given,
    corpus_rows,
    folds_of,
    given_by,
    preset_queries,
    read_material,
)
from digest.training.examples import LOCKED, TOPICS, Example, read_corpus, read_gold, read_labels
from digest.training.learning import Floats, Material, Numbers, best_thresholds

Judged = list[tuple[Numbers, Floats]]

RESAMPLED = 2000
LEAST = 9  # papers that belong: topics with fewer are left out of the mean
SHARES = (0.25, 0.5, 1.0)


def main() -> None:
    """Print the tables and store the counts."""
    arguments = argparse.ArgumentParser(description="Measure the shipped topics.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--curve", action="store_true", help="also what fewer labels would have given")
    arguments.add_argument("--output", type=Path, default=MEASURED)
    given = arguments.parse_args()
    gold = read_gold(given.gold)
    locked = read_labels(LOCKED, read_corpus(given.corpus))
    material = read_material(given.corpus, gold)
    corpus = [material.labelled[row] for row in corpus_rows(material)]
    queries = _kept_by_queries([*gold, *corpus, *locked])
    judged = out_of_fold(material, np.arange(len(material.labelled)))
    margins = _beyond_thresholds(material, judged)
    margins |= {paper.key: preset_topics().margins(paper) for paper in locked}
    selected = given_by(margins, queries)
    unseen = {"gold": gold, "labelled corpus papers": corpus, "kept for judging": locked}
    for name, papers in unseen.items():
        print_intervals(f"{name}: query alone", papers, queries)
        print_intervals(f"{name}: query and model", papers, selected)
    given.output.write_text(stored([*gold, *locked], queries, selected), encoding="utf-8")
    if given.curve:
        print_curve(material, judged)


def out_of_fold(material: Material, known: Numbers) -> Judged:
    """Each fold of the gold and corpus papers, and their margins by a model of the other `known` examples."""
    papers = np.array([row for row, paper in enumerate(material.labelled) if paper.pool != "invented"])
    folds = [papers[fold] for fold in folds_of(len(papers), seed=0)]

    def judge(fold: Numbers) -> Floats:
        return material.margins(material.learn(np.setdiff1d(known, fold), unseen=fold), fold)

    margins = Parallel(n_jobs=-1)(delayed(judge)(fold) for fold in folds)
    return list(zip(folds, margins, strict=True))


def print_intervals(name: str, papers: Sequence[Example], given: Given) -> None:
    """Precision, recall and F1 of each topic with its interval, and their mean, also of clear pairs alone."""
    full, clear = (evaluate(papers, given, TOPICS, with_ambiguous=both) for both in (True, False))
    spread, clear_spread = (_intervals(papers, given, with_ambiguous=both) for both in (True, False))
    lines = [
        f"\n{name}: {len(papers)} papers",
        f"{'':24}belong     P     R    F1    95 %         without ambiguous",
    ]
    for number, slug in enumerate(TOPICS):
        score, without = full.scores[slug], clear.scores[slug].f1
        lines.append(
            f"{slug:24}{score.belong:6} {score.precision:5.2f} {score.recall:5.2f} {score.f1:5.2f}"
            f"    {_range(spread[:, number])}    {without:.2f}    {_range(clear_spread[:, number])}"
        )
    some = [number for number, slug in enumerate(TOPICS) if full.scores[slug].belong >= LEAST]
    ranges = [_range(draws[:, some].mean(axis=1)) for draws in (spread, clear_spread)]
    lines.append(
        f"{f'macro F1 of {len(some)} topics':36}{_macro(full, some):13.3f}   {ranges[0]}"
        f"   {_macro(clear, some):.3f}    {ranges[1]}"
    )
    print("\n".join(lines), flush=True)  # noqa: T201


def stored(papers: Sequence[Example], queries: Given, selected: Given) -> str:
    """The counts of right, wrong and missed papers of each topic, one topic a line."""
    by_query, by_both = (evaluate(papers, given, TOPICS) for given in (queries, selected))
    counts = {slug: {"query": _counts(by_query, slug), "selected": _counts(by_both, slug)} for slug in TOPICS}
    lines = [f"{json.dumps(slug)}: {json.dumps(count)}" for slug, count in counts.items()]
    return f'{{"papers": {len(papers)}, "topics": {{\n' + ",\n".join(lines) + "\n}}\n"


def print_curve(material: Material, judged: Judged) -> None:
    """Average precision, mean of topics, by the share of the labelled corpus papers that is learned from.

    It needs no thresholds, whose chance would hide the small differences between the shares.
    """
    labels = np.random.RandomState(0).permutation(corpus_rows(material))
    others = np.setdiff1d(np.arange(len(material.labelled)), labels)
    print("\nlearning curve: average precision on gold, on labelled corpus papers")  # noqa: T201
    for share in SHARES:
        known = np.concatenate([others, labels[: round(share * len(labels))]])
        of_share = judged if share == 1 else out_of_fold(material, known)
        rows, margins = (np.concatenate(parts) for parts in zip(*of_share, strict=True))
        of_corpus = np.isin(rows, labels)
        scores = [
            average_precision_score(material.topics[rows[some]], margins[some], average="macro")
            for some in (~of_corpus, of_corpus)
        ]
        print(f"{share:5.0%} of the labels {scores[0]:8.3f} {scores[1]:8.3f}", flush=True)  # noqa: T201


def _beyond_thresholds(material: Material, judged: Judged) -> dict[str, Mapping[str, float]]:
    """How far each paper is above the thresholds that suit the other folds best."""
    beyond: dict[str, Mapping[str, float]] = {}
    for fold, of_fold in judged:
        others = [(rows, margins) for rows, margins in judged if rows is not fold]
        rows, margins = (np.concatenate(parts) for parts in zip(*others, strict=True))
        above = of_fold - best_thresholds(margins, material.topics[rows], material.weight[rows])
        beyond |= {
            material.labelled[row].key: dict(zip(TOPICS, map(float, of_paper), strict=True))
            for row, of_paper in zip(fold, above, strict=True)
        }
    return beyond


def _kept_by_queries(papers: Sequence[Example]) -> Given:
    """The topics whose shipped query keeps each paper."""
    percolator = Percolator.of({slug: parse_query(query) for slug, query in preset_queries().items()})
    matches = percolator.match(papers)
    kept: dict[str, set[str]] = {paper.key: set() for paper in papers}
    for slug in TOPICS:
        for match in matches.get(slug, ()):
            kept[match.paper.key].add(slug)
    return kept


def _intervals(papers: Sequence[Example], given: Given, *, with_ambiguous: bool) -> Floats:
    """F1 of each topic (columns) on RESAMPLED draws of the papers, with replacement."""

    def table(of: Sequence[Collection[str]]) -> NDArray[np.bool_]:
        return np.array([[slug in slugs for slug in TOPICS] for slugs in of])

    belong, kept = table([p.topics for p in papers]), table([given[p.key] for p in papers])
    counted = np.ones_like(belong) if with_ambiguous else ~table([p.ambiguous for p in papers])
    counts = np.random.RandomState(0).multinomial(len(papers), [1 / len(papers)] * len(papers), RESAMPLED)
    right = counts @ (belong & kept & counted).astype(float)
    off = counts @ ((belong != kept) & counted).astype(float)
    scores: Floats = 2 * right / np.maximum(2 * right + off, 1)
    return scores


def _range(draws: Floats) -> str:
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{low:.2f}–{high:.2f}"


def _macro(evaluation: Evaluation, topics: Sequence[int]) -> float:
    return float(np.mean([evaluation.scores[TOPICS[number]].f1 for number in topics]))


def _counts(evaluation: Evaluation, slug: str) -> list[int]:
    score = evaluation.scores[slug]
    return [score.right, score.wrong, score.missed]


if __name__ == "__main__":
    main()
