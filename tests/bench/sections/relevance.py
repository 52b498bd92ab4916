"""Which papers belong to which topic: ours beside words a reader would type, and the usual learning."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from digest.matching.topics.evaluation import Evaluation, Score, evaluate
from digest.training.crossvalidate import (
    Given,
    by_model,
    by_queries,
    by_tfidf,
    corpus_rows,
    folds_of,
    given_by,
    preset_queries,
    read_material,
)
from digest.training.examples import TOPICS, Example, read_gold
from tests.bench.report import Report, Table

# One literal phrase for each topic, as in the rule of a mail program.
LITERAL = {
    "quantization": "quantization",
    "agents": "agents",
    "3d": "3D",
    "distributed-training": "distributed training",
    "reasoning": "reasoning",
    "image-video-generation": "image generation",
    "vision-language": "vision-language",
    "efficient-inference": "efficient inference",
    "reinforcement-learning": "reinforcement learning",
    "code": "code generation",
    "benchmarks-datasets": "benchmark",
    "robotics": "robot",
}
# The same with what a reader would add after a week of papers missed.
SYNONYMS = {
    "quantization": "quantization, quantized, quantize, low-bit, 4-bit, 8-bit, FP8, FP4, INT4, ternary",
    "agents": "agents, agent, agentic, multi-agent, tool use, tool calling",
    "3d": "3D, NeRF, Gaussian splatting, point cloud, mesh, novel view synthesis, radiance field",
    "distributed-training": "distributed training, data parallel, pipeline parallelism, tensor parallelism,"
    " model parallelism, federated learning, decentralized training, ZeRO, FSDP",
    "reasoning": "reasoning, chain-of-thought, chain of thought, test-time scaling, test-time compute",
    "image-video-generation": "image generation, video generation, text-to-image, text-to-video,"
    " diffusion model, diffusion models, image editing, video editing",
    "vision-language": "vision-language, multimodal, VLM, VLMs, MLLM, MLLMs, visual question answering,"
    " captioning, visual grounding",
    "efficient-inference": "efficient inference, inference acceleration, KV cache, speculative decoding,"
    " pruning, quantization, sparse attention, distillation, on-device, serving",
    "reinforcement-learning": "reinforcement learning, RLHF, RLVR, GRPO, PPO, DPO, preference optimization,"
    " reward model, policy optimization",
    "code": "code generation, programming, software engineering, coding, text-to-SQL, program synthesis",
    "benchmarks-datasets": "benchmark, benchmarks, dataset, evaluation suite, testbed",
    "robotics": "robot, robots, robotic, robotics, embodied, manipulation, vision-language-action,"
    " autonomous driving",
}
ELSEWHERE = (
    "Best published elsewhere, from title and abstract, other labels: F1 about 0.75 (docs/relevance.md)."
)


def run(report: Report) -> None:
    data = os.environ.get("TEST_DATA")
    if not data:
        table = Table("Topics of labelled papers", ("",))
        table.note("Not measured: the labels are of papers of the corpus, which TEST_DATA must name.")
        report.add(table)
        return
    report.progress("reading papers")
    gold = read_gold(Path(data) / "relevance" / "labels.jsonl")
    material = read_material(Path(data) / "corpus" / "papers.jsonl.gz", gold)
    rows = corpus_rows(material)
    folds = [rows[fold] for fold in folds_of(len(rows), seed=0)]
    if report.quick:
        folds = folds[:1]
    papers = [material.labelled[row] for fold in folds for row in fold]
    report.progress("TF-IDF and logistic regression")
    tfidf = by_tfidf(material.labelled, folds)
    report.progress("our model, trained anew for each fold")
    margins = by_model(material, folds)
    queries = by_queries(papers, preset_queries())
    contestants = {
        "one phrase": by_phrases(papers, LITERAL),
        "synonyms": by_phrases(papers, SYNONYMS),
        "TF-IDF + LR": tfidf,
        "our queries": queries,
        "our model": given_by(margins),
        "ours, both": given_by(margins, queries),
    }
    for with_ambiguous in (True, False):
        add_table(report, papers, contestants, with_ambiguous=with_ambiguous)


def by_phrases(papers: Iterable[Example], phrases: Mapping[str, str]) -> Given:
    """The topics one of whose phrases stands in title or abstract, as written but for case."""
    patterns = {
        slug: re.compile("|".join(rf"\b{re.escape(p.strip())}\b" for p in listed.split(",")), re.IGNORECASE)
        for slug, listed in phrases.items()
    }
    return {
        paper.key: {
            slug
            for slug, pattern in patterns.items()
            if pattern.search(f"{paper.title}\n{' '.join(paper.abstract.split())}")
        }
        for paper in papers
    }


def add_table(
    report: Report, papers: list[Example], contestants: Mapping[str, Given], *, with_ambiguous: bool
) -> None:
    occurring = [slug for slug in TOPICS if any(slug in paper.topics for paper in papers)]
    scores = {
        name: evaluate(papers, given, occurring, with_ambiguous=with_ambiguous)
        for name, given in contestants.items()
    }
    pairs = "all pairs" if with_ambiguous else "without pairs on which one could differ"
    part = "a fifth of the labelled corpus papers" if report.quick else "labelled corpus papers"
    title = f"Topics of {len(papers):,} {part}, {pairs}: precision, recall, F1"
    table = Table(title, ("", "papers", *contestants))
    for slug in occurring:
        of_topic = [evaluation.scores[slug] for evaluation in scores.values()]
        table.row(slug, of_topic[0].right + of_topic[0].missed, *map(_cell, of_topic))
    table.row("macro", None, *map(_macro, scores.values()))
    table.note(
        "Cross-validated: each paper judged by models that had not seen it; all learn from the same papers."
    )
    table.note("Our queries need no training; they were written with other labelled papers in view.")
    table.note(ELSEWHERE)
    report.add(table)


def _cell(score: Score) -> str:
    return f"{score.precision:.2f} {score.recall:.2f} {score.f1:.2f}"


def _macro(evaluation: Evaluation) -> str:
    scores = evaluation.scores.values()
    precision = sum(score.precision for score in scores) / len(scores)
    recall = sum(score.recall for score in scores) / len(scores)
    return f"{precision:.2f} {recall:.2f} {evaluation.macro_f1:.3f}"
