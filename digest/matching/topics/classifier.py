"""Which preset topics a paper belongs to: a linear model, explained by the words that carried it.

The model adds up the weights of what it finds in a paper (`digest.matching.topics.features`), a topic at a
time; above zero the paper belongs. The weights are learned by `digest.training` and stored in
topic_model.json, one feature a line. The topic's preset query can be given a vote: the two err on
different papers, and together err less (docs/relevance.md).
"""

import json
import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from digest.matching.ast import Field
from digest.matching.paper import PaperText
from digest.matching.reasons import Reason
from digest.matching.tokenizer import Text
from digest.matching.topics.features import Feature, Features, Span

MODEL = Path(__file__).with_name("topic_model.json")
MAX_REASONS = 6
VOTE = 1.0  # what a topic gains if its preset query keeps the paper, and loses if not
_WORTH_SAYING = 0.25  # of what the strongest reason carries

_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """That a paper belongs to a topic, by the model.

    `score` is like a probability, above 0.5 and below 1; `strength` is the margin above what is needed,
    0 and more, to order papers by. `reasons` are the words that carried the score most, at least one,
    title first, in reading order.
    """

    score: float
    strength: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class TopicModel:
    """A weight for each feature and topic; a paper belongs where bias and weights add up to more than 0."""

    biases: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    features: Features

    @classmethod
    def load(cls, path: Path = MODEL) -> Self:
        """The model stored at `path`."""
        stored = json.loads(path.read_text(encoding="utf-8"))
        weights = stored["weights"]
        plain = {name.removeprefix("title: ") for name in weights if not name.startswith("[")}
        return cls(stored["biases"], weights, Features(plain, stored["concepts"]))

    def margins(self, paper: PaperText) -> dict[str, float]:
        """How far above (or below) 0 the paper is, for every topic."""
        return self._margins(self.features.find(Text(paper.title), Text(paper.abstract)))

    def classify(self, paper: PaperText, kept_by: Collection[str] | None = None) -> dict[str, TopicMatch]:
        """The topics that the paper belongs to, strongest first.

        `kept_by` are the topics whose preset query keeps the paper; without it the model decides alone.
        """
        texts = {Field.TITLE: Text(paper.title), Field.ABSTRACT: Text(paper.abstract)}
        features = self.features.find(texts[Field.TITLE], texts[Field.ABSTRACT])
        margins = with_votes(self._margins(features), kept_by)
        matches = {
            slug: TopicMatch(1 / (1 + math.exp(-margin)), margin, reasons)
            for slug, margin in margins.items()
            if margin > 0 and (reasons := self._reasons(slug, features, texts))
        }
        return dict(sorted(matches.items(), key=lambda item: (-item[1].strength, item[0])))

    def _margins(self, features: Mapping[str, Feature]) -> dict[str, float]:
        margins = dict(self.biases)
        for name, feature in features.items():
            for slug, weight in self.weights.get(name, {}).items():
                margins[slug] += weight * feature.value
        return margins

    def _reasons(
        self, slug: str, features: Mapping[str, Feature], texts: Mapping[Field, Text]
    ) -> tuple[Reason, ...]:
        """The phrases that carried most, each where it first stands, none part of or over another."""
        carried: dict[_Words, float] = defaultdict(float)
        first: dict[_Words, Span] = {}
        for name, feature in features.items():
            weight = self.weights.get(name, {}).get(slug, 0.0)
            for span in feature.spans if weight > 0 else ():
                phrase = texts[span.field].stems[span.first : span.end]
                carried[phrase] += weight * feature.value / len(feature.spans)
                first.setdefault(phrase, span)
        total = {
            phrase: sum(carried[part] for part in _parts(phrase) if part in carried) for phrase in carried
        }
        chosen: list[_Words] = []
        enough = _WORTH_SAYING * max(total.values(), default=0.0)
        for phrase in sorted(total, key=lambda phrase: (-total[phrase], _reading_order(first[phrase]))):
            if len(chosen) == MAX_REASONS or total[phrase] < enough:
                break
            if not any(_overlap(first[phrase], first[one]) or _says(one, phrase) for one in chosen):
                chosen.append(phrase)
        spans = sorted((first[phrase] for phrase in chosen), key=_reading_order)
        return tuple(_reason(span, texts[span.field]) for span in spans)


def with_votes(margins: Mapping[str, float], kept_by: Collection[str] | None) -> dict[str, float]:
    """The margins after the preset queries have voted, if they are known."""
    if kept_by is None:
        return dict(margins)
    return {slug: margin + (VOTE if slug in kept_by else -VOTE) for slug, margin in margins.items()}


@cache
def preset_topics() -> TopicModel:
    """The model of the preset topics, loaded once."""
    return TopicModel.load()


def _parts(phrase: _Words) -> set[_Words]:
    """The phrase and every phrase inside it."""
    ends = range(1, len(phrase) + 1)
    return {phrase[first:end] for end in ends for first in range(end)}


def _says(one: _Words, other: _Words) -> bool:
    return one in _parts(other) or other in _parts(one)


def _reading_order(span: Span) -> tuple[bool, int, int]:
    return span.field != Field.TITLE, span.first, -span.end


def _overlap(one: Span, other: Span) -> bool:
    return one.field == other.field and one.first < other.end and other.first < one.end


def _reason(span: Span, text: Text) -> Reason:
    start, end = text.spans[span.first][0], text.spans[span.end - 1][1]
    return Reason(span.field, text.source[start:end], start, end)
