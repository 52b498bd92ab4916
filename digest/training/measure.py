"""Measure the shipped topics on papers that the model has not learned from, and write measured.json.

    python -m digest.training.measure --corpus PATH --gold PATH [--curve]

Two sets: the gold papers, each judged by a model that had not seen it (thresholds chosen inside the training
folds), and the papers of locked.tsv, judged by the model as shipped. Intervals are of 95 percent, from
resampling the papers. `--curve` also says what fewer labels would have given; it trains a dozen models.
"""

import argparse
import json
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digest.matching.topics.classifier import preset_topics
from digest.matching.topics.evaluation import Evaluation, evaluate
from digest.matching.topics.measured import MEASURED
from digest.training.crossvalidate import (
    Given,
    by_model,
    by_queries,
    corpus_rows,
    folds_of,
    given_by,
    preset_queries,
    read_material,
)
from digest.training.examples import LOCKED, TOPICS, Example, read_corpus, read_gold, read_labels
from digest.training.learning import Floats, Material

RESAMPLED = 2000
SHARES = (0.25, 0.5, 0.75, 1.0)


def main() -> None:
    """Print the tables and store the counts."""
    arguments = argparse.ArgumentParser(description="Measure the shipped topics.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--curve", action="store_true")
    arguments.add_argument("--output", type=Path, default=MEASURED)
    given = arguments.parse_args()
    gold = read_gold(given.gold)
    locked = read_labels(LOCKED, read_corpus(given.corpus))
    material = read_material(given.corpus, gold)
    queries = by_queries([*gold, *locked], preset_queries())
    margins = dict(by_model(material, folds_of(len(gold), seed=0)))
    margins |= {paper.key: preset_topics().margins(paper) for paper in locked}
    selected = given_by(margins, queries)
    for name, papers in (("gold", gold), ("kept for judging", locked), ("both", [*gold, *locked])):
        print_intervals(f"{name}: query alone", papers, queries)
        print_intervals(f"{name}: query and model", papers, selected)
    given.output.write_text(stored([*gold, *locked], queries, selected), encoding="utf-8")
    if given.curve:
        print_curve(material, gold, queries)


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
    lines.append(
        f"{'macro F1':36}{full.macro_f1:13.3f}   {_range(spread.mean(axis=1))}"
        f"   {clear.macro_f1:.3f}    {_range(clear_spread.mean(axis=1))}"
    )
    print("\n".join(lines), flush=True)  # noqa: T201


def stored(papers: Sequence[Example], queries: Given, selected: Given) -> str:
    """The counts of right, wrong and missed papers of each topic, one topic a line."""
    by_query, by_both = (evaluate(papers, given, TOPICS) for given in (queries, selected))
    counts = {slug: {"query": _counts(by_query, slug), "selected": _counts(by_both, slug)} for slug in TOPICS}
    lines = [f"{json.dumps(slug)}: {json.dumps(count)}" for slug, count in counts.items()]
    return f'{{"papers": {len(papers)}, "topics": {{\n' + ",\n".join(lines) + "\n}}\n"


def print_curve(material: Material, gold: Sequence[Example], queries: Given) -> None:
    """Macro F1 on the gold papers by the share of the labelled corpus papers that is learned from."""
    labels = np.random.RandomState(0).permutation(corpus_rows(material))
    others = np.setdiff1d(np.arange(len(material.labelled)), labels)
    print("\nlearning curve: gold papers      model   query and model   distributed training")  # noqa: T201
    for share in SHARES:
        some = labels[: round(share * len(labels))]
        margins = by_model(material, folds_of(len(gold), seed=0), np.sort(np.concatenate([others, some])))
        alone, both = (evaluate(gold, given_by(margins, votes), TOPICS) for votes in (None, queries))
        rare = both.scores["distributed-training"].f1
        row = f"{len(some):6} labels {alone.macro_f1:24.3f} {both.macro_f1:17.3f} {rare:22.2f}"
        print(row, flush=True)  # noqa: T201


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


def _counts(evaluation: Evaluation, slug: str) -> list[int]:
    score = evaluation.scores[slug]
    return [score.right, score.wrong, score.missed]


if __name__ == "__main__":
    main()
