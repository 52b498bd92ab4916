"""The order of papers within one digest, and what it owes to other papers.

A paper's score is the strength of its match, plus upvotes on a log scale damped by age, plus what the
reader's votes say of papers like it. A paper much like one that stands above it in its section then makes
room for others. Ties fall back to the paper's key, so equal input gives equal output whatever its order, and
a re-run composes the same mail.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from digest.matching.ranking.relevance_feedback import Taste
from digest.matching.ranking.similarity import Similarities

_VOTE_WEIGHT = 0.5
_HALF_LIFE_DAYS = 7.0
NEAR_DUPLICATE_PENALTY = 2.5  # what a near-duplicate of a paper above it loses: nearly a clause in the title
WORTH_SAYING = 4.0  # a gain or loss by votes; of half as much two in five papers would tell
COMPARED = 100  # of a section; further down nobody minds


class Cause(StrEnum):
    """What another paper did to a paper's place."""

    RAISED = "raised"  # the reader asked for more like it
    LOWERED = "lowered"  # the reader asked for less like it
    LIBRARY = "library"  # it is like a paper of the reader's library
    ALIKE = "alike"  # it is much the same, and stands above


class Note(NamedTuple):
    """Why a paper stands where it stands: the cause, and the number of the other paper."""

    cause: Cause
    other: int


class Candidate(NamedTuple):
    """A paper to be placed in `section`, under the caller's number; `score` is without the reader's votes."""

    number: int
    key: str
    section: int
    score: float


def score(strength: float, upvotes: int | None, age_days: int) -> float:
    """Strength of match, plus upvotes on a log scale damped by age in days."""
    votes: float = math.log2(1 + (upvotes or 0)) * 0.5 ** (max(age_days, 0) / _HALF_LIFE_DAYS)
    return strength + _VOTE_WEIGHT * votes


def rank(
    candidates: Collection[Candidate], similarities: Similarities[int], taste: Taste[int] | None = None
) -> list[tuple[Candidate, Note | None]]:
    """All candidates, best first, each with the reason if another paper decided on its place.

    `similarities` knows the candidates by number. A paper is noted as raised or lowered if its place in its
    section is another than without the reader's votes, because of its own similarity.
    """
    scores = {
        c: c.score + taste.gain(similarities.vector(c.number)) if taste else c.score for c in candidates
    }
    losses: dict[Candidate, float] = {}
    notes: dict[Candidate, Note] = {}
    for section in _sections(candidates):
        ranked = sorted(section, key=lambda c: (-scores[c], c.key))
        if taste:
            notes |= _moved(ranked, scores, similarities, taste)
        duplicates = dict(similarities.near_duplicates([candidate.number for candidate in ranked[:COMPARED]]))
        for candidate in ranked if duplicates else ():
            if candidate.number in duplicates:
                losses[candidate] = NEAR_DUPLICATE_PENALTY
                notes[candidate] = Note(Cause.ALIKE, duplicates[candidate.number])
    placed = sorted(candidates, key=lambda c: (losses.get(c, 0.0) - scores[c], c.key))
    return [(candidate, notes.get(candidate)) for candidate in placed]


def _sections(candidates: Collection[Candidate]) -> Collection[Sequence[Candidate]]:
    sections: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        sections[candidate.section].append(candidate)
    return sections.values()


def _moved(
    ranked: Sequence[Candidate],
    scores: Mapping[Candidate, float],
    similarities: Similarities[int],
    taste: Taste[int],
) -> dict[Candidate, Note]:
    """Notes for the candidates of a section, as the reader's votes ranked them."""
    plain = sorted(ranked, key=lambda c: (-c.score, c.key))
    before = {candidate: place for place, candidate in enumerate(plain)}
    notes = {}
    for place, candidate in enumerate(ranked):
        paper, gain = similarities.vector(candidate.number), scores[candidate] - candidate.score
        other: int | None = None
        if place < before[candidate] and gain >= WORTH_SAYING:
            cause, other = Cause.RAISED, taste.raised_by(paper)
        elif place > before[candidate] and gain <= -WORTH_SAYING:
            cause, other = Cause.LOWERED, taste.lowered_by(paper)
        if other is not None:
            notes[candidate] = Note(cause, other)
    return notes
