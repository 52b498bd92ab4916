"""What a wording of a topic does with the labelled papers that are stored here, before it is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from digest.ingestion.shipped_topics import PRESETS, selecting
from digest.lib.jsonl import PlainPaper
from digest.matching import parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.topics.evaluation import Score
from digest.models import Paper, Topic
from digest.selection.liked_papers import looked_up
from digest.training.examples import LABELS, LOCKED, Labels, read_label_rows


@dataclass(frozen=True, slots=True)
class Trial:
    """Ways to select for a topic, judged on `papers` labelled papers; no model learned from `unseen` of them.

    `gained` are the papers that `wording` keeps and the topic as it is does not, `lost` the reverse; each
    with whether it belongs to the topic, None where one could differ.
    """

    papers: int
    unseen: int
    shipped: Score
    now: Score
    wording: Score
    by_model: bool
    gained: tuple[tuple[Paper, bool | None], ...]
    lost: tuple[tuple[Paper, bool | None], ...]

    @property
    def belong(self) -> int:
        """How many of the papers belong to the topic."""
        return self.now.belong


def try_wording(topic: Topic, wording: str) -> Trial | None:
    """`topic` as shipped, as it is and as `wording` says; None for a topic that nobody labelled.

    Raises `QuerySyntaxError` if `wording` cannot be read.
    """
    shipped = next((preset.query for preset in PRESETS if preset.slug == topic.slug), None)
    if shipped is None:
        return None
    papers = list(Paper.objects.filter(key__in=labelled()).order_by("key"))
    edited = selecting(Topic(slug=topic.slug, query=wording))
    queries = {"shipped": shipped, "now": selecting(topic), "wording": edited}
    read = looked_up({name: parse_query(query) for name, query in queries.items()})
    matches = Percolator.of(read).match(papers)
    kept = {name: {match.paper.key for match in matches.get(name, ())} for name in queries}
    return Trial(
        papers=len(papers),
        unseen=sum(paper.key in locked() for paper in papers),
        shipped=_score(topic.slug, papers, kept["shipped"]),
        now=_score(topic.slug, papers, kept["now"]),
        wording=_score(topic.slug, papers, kept["wording"]),
        by_model=queries["now"].startswith("topic:"),
        gained=_with_labels(topic.slug, papers, kept["wording"] - kept["now"]),
        lost=_with_labels(topic.slug, papers, kept["now"] - kept["wording"]),
    )


def unseen() -> list[PlainPaper]:
    """The labelled papers that are stored here and that no model learned from."""
    papers = Paper.objects.filter(key__in=locked()).order_by("key")
    return [
        PlainPaper(
            paper.key,
            paper.title,
            paper.abstract,
            topics=tuple(locked()[paper.key].topics),
            ambiguous=tuple(locked()[paper.key].ambiguous),
        )
        for paper in papers
    ]


@cache
def locked() -> Mapping[str, Labels]:
    """The labels of the papers that no model learned from, by the key under which a paper is stored."""
    return _by_key(LOCKED)


@cache
def labelled() -> Mapping[str, Labels]:
    """The labels of all labelled papers, by the key under which a paper is stored."""
    return {**_by_key(LABELS), **locked()}


def _by_key(path: Path) -> dict[str, Labels]:
    return {f"arxiv:{number}": labels for number, labels in read_label_rows(path).items()}


def _score(slug: str, papers: Sequence[Paper], kept: set[str]) -> Score:
    pairs = [(slug in labelled()[paper.key].topics, paper.key in kept) for paper in papers]
    return Score(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def _with_labels(slug: str, papers: Sequence[Paper], keys: set[str]) -> tuple[tuple[Paper, bool | None], ...]:
    found = [(paper, labelled()[paper.key]) for paper in papers if paper.key in keys]
    return tuple(
        (paper, None if slug in labels.ambiguous else slug in labels.topics) for paper, labels in found
    )
