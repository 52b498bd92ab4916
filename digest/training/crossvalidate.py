"""How good the topic model is on papers it has not learned from, beside simpler ways, in one run.

    python -m digest.training.crossvalidate --corpus PATH --gold PATH

Every figure is of papers judged by a model that had not seen them. Folds are drawn from the gold papers;
labelled corpus papers and invented ones are learned from in every fold; a corpus paper that is also a
gold paper is left out everywhere. Thresholds are chosen inside the training folds. The preset queries
were written while reading the gold papers, so what they do on those is not a measurement; the last three
tables judge labelled corpus papers, which are harder, since most were chosen for being unsure.
"""

import argparse
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from digest.matching import parse_query
from digest.matching.ranking.explainer import explain
from digest.matching.topics.classifier import with_votes
from digest.matching.topics.evaluation import Evaluation, evaluate
from digest.training.examples import (
    HERE,
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
from digest.training.learning import Floats, Material, Numbers, learn_with_thresholds

Given = Mapping[str, Collection[str]]
Margins = Mapping[str, Mapping[str, float]]

FOLDS = 5
PRESETS = HERE.parent / "matching" / "query" / "shipped_topics.toml"
# A literal word or two for each topic, as a reader would type them into a search box.
KEYWORDS = {
    "quantization": "quantization OR quantized",
    "agents": "agents",
    "3d": "3D OR NeRF OR gaussian",
    "distributed-training": '"distributed training" OR parallelism',
    "reasoning": "reasoning",
    "image-video-generation": '"image generation" OR "video generation" OR diffusion',
    "vision-language": '"vision language" OR multimodal',
    "efficient-inference": '"efficient inference" OR pruning OR "KV cache"',
    "reinforcement-learning": '"reinforcement learning" OR RLHF',
    "code": '"code generation" OR programming',
    "benchmarks-datasets": "title:(benchmark OR dataset OR bench)",
    "robotics": "robot OR robotics OR embodied",
}


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description="Cross-validate the topic model.")
    arguments.add_argument("--corpus", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    gold = read_gold(given.gold)
    material = read_material(given.corpus, gold)
    folds = folds_of(len(gold), given.seed)
    print_table("literal keywords", gold, by_queries(gold, KEYWORDS))
    print_table("preset queries (tuned on these papers)", gold, by_queries(gold, preset_queries()))
    print_table("TF-IDF + logistic regression", gold, by_tfidf(gold, folds))
    margins = by_model(material, folds)
    print_table("topic model alone", gold, given_by(margins))
    print_table("topic model and preset queries", gold, given_by(margins, by_queries(gold, preset_queries())))
    for pool in ("page", "random"):
        left_out = np.array([row for row, paper in enumerate(gold) if paper.pool == pool])
        papers = [gold[row] for row in left_out]
        print_table(
            f"topic model alone, pool “{pool}” left out", papers, given_by(by_model(material, [left_out]))
        )
    unsure = corpus_rows(material)
    papers = [material.labelled[row] for row in unsure]
    margins = by_model(material, [unsure[fold] for fold in folds_of(len(unsure), given.seed)])
    queries = by_queries(papers, preset_queries())
    print_table("labelled corpus papers: preset queries", papers, queries)
    print_table("labelled corpus papers: topic model alone", papers, given_by(margins))
    print_table("labelled corpus papers: both", papers, given_by(margins, queries))


def read_material(corpus: Path, gold: Sequence[Example]) -> Material:
    """All that can be learned from: gold papers, labelled papers of the corpus that are not gold, seeds."""
    titles = {_letters(paper.title) for paper in gold}
    papers = [paper for paper in without_locked(read_corpus(corpus)) if _letters(paper.title) not in titles]
    others = [*read_labels(LABELS, papers), *read_seeds(SEEDS)]
    return Material([*gold, *others], papers, read_concepts())


def corpus_rows(material: Material) -> Numbers:
    """Which of the labelled papers are the corpus's."""
    return np.array([row for row, paper in enumerate(material.labelled) if paper.pool == "corpus"])


def by_queries(gold: Iterable[Example], queries: Mapping[str, str]) -> Given:
    """The topics whose query keeps a paper."""
    parsed = {slug: parse_query(query) for slug, query in queries.items()}
    return {
        paper.key: {slug for slug, query in parsed.items() if explain(query, paper).kept} for paper in gold
    }


def by_tfidf(gold: Sequence[Example], folds: Sequence[Numbers]) -> Given:
    """The usual way: TF-IDF of words and pairs, a balanced logistic regression a topic, gold papers only."""
    texts = [f"{paper.title} {paper.title} {paper.title} {paper.abstract}" for paper in gold]

    def judge(rows: Numbers, unseen: Numbers) -> Floats:
        vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, stop_words="english")
        known = vectors.fit_transform([texts[row] for row in rows])
        new = vectors.transform([texts[row] for row in unseen])
        margins = []
        for slug in TOPICS:
            labels = [slug in gold[row].topics for row in rows]
            model = LogisticRegression(C=20, class_weight="balanced", max_iter=500, random_state=0)
            margins.append(model.fit(known, labels).decision_function(new))
        return np.array(margins).T

    margins = [judge(np.setdiff1d(np.arange(len(gold)), fold), fold) for fold in folds]
    return given_by(_by_key(gold, folds, margins))


def by_model(material: Material, folds: Sequence[Numbers]) -> Margins:
    """The topic model, trained anew for each fold from all other examples."""
    everything = np.arange(len(material.labelled))
    margins = []
    for fold in folds:
        learned = learn_with_thresholds(material, np.setdiff1d(everything, fold), unseen=fold)
        margins.append(material.margins(learned, fold))
    return _by_key(material.labelled, folds, margins)


def given_by(margins: Margins, kept_by: Given | None = None) -> Given:
    """The topics whose margin is above 0, once the queries have voted if there are any."""
    voted = {
        key: with_votes(of_paper, kept_by[key] if kept_by else None) for key, of_paper in margins.items()
    }
    return {key: {slug for slug in of_paper if of_paper[slug] > 0} for key, of_paper in voted.items()}


def _by_key(papers: Sequence[Example], folds: Sequence[Numbers], margins: Sequence[Floats]) -> Margins:
    return {
        papers[row].key: dict(zip(TOPICS, map(float, of_paper), strict=True))
        for fold, of_fold in zip(folds, margins, strict=True)
        for row, of_paper in zip(fold, of_fold, strict=True)
    }


def print_table(name: str, gold: Sequence[Example], given: Given) -> None:
    """Precision, recall and F1 of each topic, with and without ambiguous pairs."""
    everything = evaluate(gold, given, TOPICS)
    clear = evaluate(gold, given, TOPICS, with_ambiguous=False)
    head = "papers     P     R    F1"
    lines = [f"\n{name}: {len(gold)} papers", f"{'':24}{head}   {head} without ambiguous pairs"]
    lines += [f"{slug:24}{_cells(everything, slug)}   {_cells(clear, slug)}" for slug in TOPICS]
    lines += [f"{'macro F1':24}{everything.macro_f1:24.3f}{clear.macro_f1:27.3f}"]
    print("\n".join(lines), flush=True)  # noqa: T201


def _cells(evaluation: Evaluation, slug: str) -> str:
    score = evaluation.scores[slug]
    return f"{score.belong:6} {score.precision:5.2f} {score.recall:5.2f} {score.f1:5.2f}"


def preset_queries() -> dict[str, str]:
    """The shipped query of each topic."""
    topics = tomllib.loads(PRESETS.read_text(encoding="utf-8"))["topic"]
    return {topic["slug"]: topic["query"] for topic in topics}


def folds_of(papers: int, seed: int) -> list[Numbers]:
    """The numbers of `papers` papers in FOLDS parts drawn by chance, each ascending."""
    order = np.random.RandomState(seed).permutation(papers)
    return [np.sort(order[start::FOLDS]) for start in range(FOLDS)]


def _letters(title: str) -> str:
    return re.sub(r"\W+", "", title.lower())


if __name__ == "__main__":
    main()
