"""How well the shipped topics are given, as measured on papers that the model had not learned from.

`python -m digest.training.measure` writes measured.json; docs/relevance.md says on which papers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from digest.matching.topics.evaluation import Score

MEASURED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True, slots=True)
class Measured:
    """The scores of one shipped topic on `papers` labelled papers: of its query alone, and as it selects."""

    papers: int
    query: Score
    selected: Score


@cache
def measured_topics() -> Mapping[str, Measured]:
    """The measured topics by slug."""
    stored = json.loads(MEASURED.read_text(encoding="utf-8"))
    return {
        slug: Measured(stored["papers"], Score(*topic["query"]), Score(*topic["selected"]))
        for slug, topic in stored["topics"].items()
    }
