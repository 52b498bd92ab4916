"""Simulated readers who vote through a year of papers: who they are, and the orders of their digests.

A reader subscribes to one to three preset topics and has hidden preferences: two aspects they like and one
they dislike, each a keyword that the source gave to papers (which no ranking sees) or another preset topic,
on 5 to 30 % of the papers they get. A paper is worth reading with a chance of 90 % if it has a liked aspect,
2 % with the disliked one, 10 % else; stronger and more upvoted ones somewhat more often. Once a week comes a
digest; of the ten papers on top the reader votes on three in the mean, rightly. Everything is drawn from
seeds.
"""

import gzip
import json
import math
import random
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from digest.lib.jsonl import PlainPaper
from digest.matching import parse_query
from digest.matching.percolator.percolator import Percolator
from digest.matching.query.shipped_topics import PRESETS
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.order import Candidate, rank, score
from digest.matching.ranking.relevance_feedback import LEAST_VOTES, MOST_VOTES, Taste
from digest.matching.ranking.similarity import Similarities

DAYS = 7
SHOWN = 10
VOTED = 0.3
FEWEST = 5  # papers of a digest that is worth ordering


@dataclass(frozen=True)
class Listed:
    """A paper of an edition: its aspects, and its strength for each preset topic it belongs to."""

    paper: PlainPaper
    number: int
    edition: int
    aspects: frozenset[str]
    strengths: dict[str, float]
    age: int


@dataclass(frozen=True)
class Reader:
    """What a simulated reader asked for, and what they never said."""

    name: str
    topics: tuple[str, ...]
    liked: frozenset[str]
    disliked: frozenset[str]

    def chance(self, listed: Listed, standing: float) -> float:
        """How likely the paper is worth reading; `standing` is its score in standard deviations."""
        chance = 0.02 if listed.aspects & self.disliked else 0.9 if listed.aspects & self.liked else 0.1
        return 1 / (1 + math.exp(math.log(1 / chance - 1) - standing / 2))

    def draw(self, about: str, listed: Listed) -> float:
        """A number from 0 to 1, the same whenever it is asked for."""
        return random.Random(f"{self.name} {about} {listed.paper.key}").random()


class Edition(NamedTuple):
    """What an edition has for a reader: how likely each candidate is worth reading, and whether it is."""

    number: int
    listed: dict[int, Listed]
    candidates: list[Candidate]
    chances: dict[int, float]
    worth: dict[int, bool]

    @property
    def can_be_judged(self) -> bool:
        """Whether it holds both papers worth reading and others."""
        return len({*self.worth.values()}) == 2


class Digest(NamedTuple):
    """One digest, judged: how many votes went before, and AUC and nDCG@10 of each way to order it."""

    edition: int
    votes: int
    auc: dict[str, float]
    ndcg: dict[str, float]
    twins: dict[str, int]


def read(path: Path) -> list[Listed]:
    """The papers of the corpus that have keywords, in editions of a week, with their topics."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        entries = {entry["id"]: entry for entry in map(json.loads, lines) if entry["keywords"]}
    ordered = sorted(entries.values(), key=lambda entry: (entry["day"], entry["id"]))
    papers = [_plain(entry) for entry in ordered]
    strengths = _strengths(papers)
    start = date.fromisoformat(ordered[0]["day"])
    listed = []
    for number, (entry, paper) in enumerate(zip(ordered, papers, strict=True)):
        day = date.fromisoformat(entry["day"])
        edition = (day - start).days // DAYS
        end = start.toordinal() + (edition + 1) * DAYS - 1
        age = end - date.fromisoformat(entry["published"] or entry["day"]).toordinal()
        aspects = frozenset(
            {*map(_keyword, entry["keywords"]), *(f"topic:{slug}" for slug in strengths[number])}
        )
        listed.append(Listed(paper, number, edition, aspects, strengths[number], age))
    return listed


def _plain(entry: dict[str, Any]) -> PlainPaper:
    title = " ".join(entry["title"].split())
    return PlainPaper(entry["id"], title, entry["abstract"], upvotes=entry["upvotes"])


def _keyword(text: str) -> str:
    """One form for “Large Language Models (LLMs)” and “large-language model”."""
    plain = re.sub(r"\(.*?\)", "", text).casefold().strip().replace("-", " ")
    return plain[:-1] if plain.endswith("s") and not plain.endswith("ss") else plain


def _strengths(papers: Sequence[PlainPaper]) -> list[dict[str, float]]:
    queries = {preset.slug: parse_query(f"topic:{preset.slug}") for preset in PRESETS}
    percolator = Percolator.of(queries)
    explainers = {paper.key: Explainer(paper) for paper in papers}
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for slug, matches in percolator.match(papers).items():
        for match in matches:
            found[match.paper.key][slug] = explainers[match.paper.key].explain(queries[slug]).strength
    return [found[paper.key] for paper in papers]


def readers(papers: Sequence[Listed], seed: int, count: int, *, held_out: bool = True) -> list[Reader]:
    """Readers of this seed, with aspects that were `held_out` when numbers were chosen, or the others."""
    chance = random.Random(seed)
    slugs = sorted({slug for listed in papers for slug in listed.strengths})
    found: list[Reader] = []
    for _ in range(100 * count):
        if len(found) == count:
            return found
        topics = tuple(sorted(chance.sample(slugs, min(chance.choice([1, 2, 2, 3]), len(slugs)))))
        theirs = [listed for listed in papers if not listed.strengths.keys().isdisjoint(topics)]
        counts = Counter(aspect for listed in theirs for aspect in listed.aspects)
        pool = sorted(
            aspect
            for aspect, number in counts.items()
            if 0.05 <= number / len(theirs) <= 0.3 and sum(map(ord, aspect)) % 2 == held_out
        )
        if len(theirs) >= len(papers) / 20 and len(pool) >= 3:
            *liked, disliked = chance.sample(pool, 3)
            found.append(Reader(f"{seed} {len(found)}", topics, frozenset(liked), frozenset({disliked})))
    raise ValueError("the papers have too few aspects for readers with preferences")


def replay(papers: Sequence[Listed], reader: Reader, similarities: Similarities[int]) -> Iterator[Digest]:
    """The digests of a reader from the fifth vote on that hold both papers worth reading and others."""
    votes: dict[int, bool] = {}
    for edition in editions(papers, reader):
        candidates, chances, worth = edition.candidates, edition.chances, edition.worth
        orders = {
            "score alone": sorted(candidates, key=lambda c: (-c.score, c.key)),
            "making room": [c for c, _ in rank(candidates, similarities)],
            "and votes": [c for c, _ in rank(candidates, similarities, _taste(votes, similarities))],
            "best possible": sorted(candidates, key=lambda c: (-chances[c.number], c.key)),
        }
        if len(votes) >= LEAST_VOTES and edition.can_be_judged:
            judged = {name: [worth[c.number] for c in order] for name, order in orders.items()}
            yield Digest(
                edition.number,
                len(votes),
                {name: auc(found) for name, found in judged.items()},
                {name: ndcg(found) for name, found in judged.items()},
                {name: _twins(order, similarities) for name, order in orders.items()},
            )
        for candidate in orders["and votes"][:SHOWN]:
            if reader.draw("votes", edition.listed[candidate.number]) < VOTED:
                votes[candidate.number] = worth[candidate.number]


def editions(papers: Sequence[Listed], reader: Reader) -> Iterator[Edition]:
    """The editions that have enough papers of the reader's topics, in order."""
    found: dict[int, list[Listed]] = defaultdict(list)
    for listed in papers:
        if not listed.strengths.keys().isdisjoint(reader.topics):
            found[listed.edition].append(listed)
    for number, theirs in sorted(found.items()):
        if len(theirs) >= FEWEST:
            candidates = [_candidate(listed, reader) for listed in theirs]
            chances = _chances(theirs, candidates, reader)
            worth = {
                listed.number: reader.draw("worth", listed) < chances[listed.number] for listed in theirs
            }
            yield Edition(number, {listed.number: listed for listed in theirs}, candidates, chances, worth)


def _candidate(listed: Listed, reader: Reader) -> Candidate:
    strength, topic = max(
        (listed.strengths[slug], slug) for slug in reader.topics if slug in listed.strengths
    )
    points = score(strength, listed.paper.upvotes, listed.age)
    return Candidate(listed.number, listed.paper.key, reader.topics.index(topic), points)


def _chances(theirs: Sequence[Listed], candidates: Sequence[Candidate], reader: Reader) -> dict[int, float]:
    scores = [candidate.score for candidate in candidates]
    mean, deviation = statistics.fmean(scores), statistics.pstdev(scores) or 1.0
    return {
        listed.number: reader.chance(listed, (value - mean) / deviation)
        for listed, value in zip(theirs, scores, strict=True)
    }


def _taste(votes: dict[int, bool], similarities: Similarities[int]) -> Taste[int] | None:
    if len(votes) < LEAST_VOTES:
        return None
    latest = sorted(list(votes.items())[-MOST_VOTES:])
    return Taste(
        {number: similarities.vector(number) for number, more in latest if more},
        {number: similarities.vector(number) for number, more in latest if not more},
    )


def _twins(order: Sequence[Candidate], similarities: Similarities[int]) -> int:
    """How many of the papers on top are much like one above them."""
    return len(list(similarities.near_duplicates([candidate.number for candidate in order[:SHOWN]])))


def auc(worth: Sequence[bool]) -> float:
    """How likely a paper worth reading stands before one that is not; `worth` is in order, best first."""
    good, before, right = sum(worth), 0, 0
    for found in worth:
        before += found
        right += before * (not found)
    return right / (good * (len(worth) - good))


def ndcg(worth: Sequence[bool]) -> float:
    """The discounted gain of the ten on top, as a share of the best that could be."""
    best = sorted(worth, reverse=True)
    return _gain(worth) / _gain(best)


def _gain(worth: Sequence[bool]) -> float:
    return sum(found / math.log2(place + 2) for place, found in enumerate(worth[:SHOWN]))
