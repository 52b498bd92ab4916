"""What topic models learn from and are judged by: the corpus, labelled papers, invented ones."""

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
LABELS, LOCKED, SEEDS = HERE / "labels.tsv", HERE / "locked.tsv", HERE / "seeds.tsv"
TOPICS = (
    "quantization",
    "agents",
    "3d",
    "distributed-training",
    "reasoning",
    "image-video-generation",
    "vision-language",
    "efficient-inference",
    "reinforcement-learning",
    "code",
    "benchmarks-datasets",
    "robotics",
)


class Labels(NamedTuple):
    """The topics of a paper, and those on which a reasonable person could differ."""

    topics: frozenset[str]
    ambiguous: frozenset[str]


@dataclass(frozen=True, slots=True)
class Example:
    """A paper, and if somebody has read it, its topics. `pool` says which set it comes from."""

    key: str
    title: str
    abstract: str
    topics: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()
    pool: str = ""


def read_corpus(path: Path) -> list[Example]:
    """The papers of a corpus (JSON Lines, gzipped or not), each once, in order."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        papers = {paper["id"]: paper for paper in map(json.loads, lines)}
    return [Example(key, _one_line(paper["title"]), paper["abstract"]) for key, paper in papers.items()]


def read_gold(path: Path) -> list[Example]:
    """Labelled papers that bring their text: JSON Lines of id, title, abstract, topics, ambiguous, pool."""
    with path.open(encoding="utf-8") as lines:
        return [_gold(json.loads(line)) for line in lines if line.strip()]


def read_labels(path: Path, corpus: Iterable[Example]) -> list[Example]:
    """Labels of papers of the corpus: lines of id, topics and ambiguous topics, parted by tabs."""
    papers = {paper.key: paper for paper in corpus}
    return [
        replace(papers[key], topics=labels.topics, ambiguous=labels.ambiguous, pool="corpus")
        for key, labels in read_label_rows(path).items()
    ]


def read_label_rows(path: Path) -> dict[str, Labels]:
    """Labels without the papers, by arXiv id."""
    return {key: Labels(_slugs(topics), _slugs(ambiguous)) for key, topics, ambiguous in _table(path)}


def without_locked(corpus: Iterable[Example]) -> list[Example]:
    """The papers that may be learned from: without those kept for judging, not even as unlabelled ones."""
    locked = read_label_rows(LOCKED)
    return [paper for paper in corpus if paper.key not in locked]


def read_seeds(path: Path) -> list[Example]:
    """Invented papers: lines of topics, title and abstract, parted by tabs."""
    return [
        Example(f"seed {number}", title, abstract, _slugs(topics), pool="invented")
        for number, (topics, title, abstract) in enumerate(_table(path))
    ]


def read_concepts(path: Path = HERE / "concepts.txt") -> dict[str, list[str]]:
    """The phrases of every concept, in the form the file itself describes."""
    concepts: dict[str, list[str]] = {}
    phrases: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            phrases = concepts.setdefault(line.strip()[1:-1], [])
        elif line and not line.startswith("#"):
            phrases += [phrase.strip() for phrase in line.split(",") if phrase.strip()]
    return concepts


def _gold(record: Mapping[str, Any]) -> Example:
    return Example(
        record["id"],
        _one_line(record["title"]),
        record["abstract"],
        frozenset(record["topics"]),
        frozenset(record.get("ambiguous", ())),
        record.get("pool", ""),
    )


def _table(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(line + "\t\t").split("\t")[:3] for line in lines if line.strip() and not line.startswith("#")]


def _slugs(text: str) -> frozenset[str]:
    slugs = frozenset(text.split(",")) - {""}
    if unknown := slugs - set(TOPICS):
        raise ValueError(f"unknown topics: {', '.join(sorted(unknown))}")
    return slugs


def _one_line(title: str) -> str:
    return " ".join(title.split())
