"""Train the topic model and write digest/matching/topics/topic_model.json.

    pip install -r requirements-train.txt
    make train TEST_DATA=../shared/data

or, the same:

    python -m digest.training.train --corpus corpus/papers.jsonl.gz --gold relevance/labels.jsonl

The corpus is JSON Lines of id, title and abstract. Gold papers are JSON Lines of id, title, abstract,
topics, ambiguous and pool; labels.tsv beside this file labels papers of the corpus, and locked.tsv those
that are kept for judging and never learned from; seeds.tsv and concepts.txt are explained in their first
lines. The same input gives the same model (on another processor the last digit of a weight may differ).
docs/relevance.md says how good it is, as digest/training/measure.py measures it.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from digest.matching.topics.classifier import MODEL
from digest.training.examples import (
    LABELS,
    SEEDS,
    TOPICS,
    Example,
    read_concepts,
    read_corpus,
    read_gold,
    read_labels,
    read_seeds,
    without_locked,
)
from digest.training.learning import Learned, Material, learn_with_thresholds

_DIGITS = 3


def main() -> None:
    """Read, learn, write."""
    arguments = argparse.ArgumentParser(description="Train the topic model.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--labels", type=Path, default=LABELS)
    arguments.add_argument("--seeds", type=Path, default=SEEDS)
    arguments.add_argument("--output", type=Path, default=MODEL)
    given = arguments.parse_args()
    corpus = without_locked(read_corpus(given.corpus))
    labelled = [*read_gold(given.gold), *read_labels(given.labels, corpus), *read_seeds(given.seeds)]
    concepts = read_concepts()
    learned = train(labelled, corpus, concepts)
    given.output.write_text(stored(learned, concepts), encoding="utf-8")


def train(
    labelled: Sequence[Example], corpus: Sequence[Example], concepts: Mapping[str, Sequence[str]]
) -> Learned:
    """A model learned from everything there is."""
    material = Material(labelled, corpus, concepts)
    return learn_with_thresholds(material, np.arange(len(labelled)))


def stored(learned: Learned, concepts: Mapping[str, Sequence[str]]) -> str:
    """The model as reviewable JSON: one feature a line, with its weight for each topic that it bears on."""
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    for slug, row in zip(TOPICS, learned.weights, strict=True):
        for column in map(int, np.flatnonzero(row)):
            if weight := round(float(row[column]), _DIGITS):
                weights[learned.names[column]][slug] = weight
    biases = {slug: round(float(bias), _DIGITS) for slug, bias in zip(TOPICS, learned.biases, strict=True)}
    lines = [_line(name, weights[name]) for name in sorted(weights)]
    phrases = [_line(name, concepts[name]) for name in sorted(concepts)]
    return (
        '{\n"biases": '
        + json.dumps(biases)
        + ',\n"concepts": {\n'
        + ",\n".join(phrases)
        + '\n},\n"weights": {\n'
        + ",\n".join(lines)
        + "\n}\n}\n"
    )


def _line(name: str, value: object) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"


if __name__ == "__main__":
    main()
