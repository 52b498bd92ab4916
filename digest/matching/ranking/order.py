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
from operator import attrgetter
from typing import NamedTuple

from digest.matching.ranking.relevance_feedback import Taste
from digest.matching.ranking.similarity import Similarities, Vector

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
    return strength + upvotes_worth(upvotes, age_days)


def upvotes_worth(upvotes: int | None, age_days: int) -> float:
    """What upvotes add to the strength of a match."""
    votes: float = math.log2(1 + (upvotes or 0)) * 0.5 ** (max(age_days, 0) / _HALF_LIFE_DAYS)
    return _VOTE_WEIGHT * votes


def rank(
    candidates: Collection[Candidate], similarities: Similarities[int], taste: Taste[int] | None = None
) -> list[tuple[Candidate, Note | None]]:
    """All candidates, best first, each with the reason if another paper decided on its place.

    `similarities` knows the candidates by number. A paper is noted as raised or lowered if its place in its
    section is another than without the reader's votes, because of its own similarity.
    """
    by_key = sorted(candidates, key=attrgetter("key"))
    numbers, _, sections, scores = zip(*by_key, strict=True) if by_key else ((), (), (), ())
    order, notes = place(numbers, sections, scores, similarities, taste)
    return [(by_key[n], notes.get(n)) for n in order]


def place(
    numbers: Sequence[int],
    sections: Sequence[int],
    scores: Sequence[float],
    similarities: Similarities[int],
    taste: Taste[int] | None = None,
) -> tuple[list[int], dict[int, Note]]:
    """`rank` of candidates that come in the order of their keys: their numbers in it, and some notes."""
    total = scores
    if taste:
        total = [score + taste.gain(similarities.vector(n)) for n, score in zip(numbers, scores, strict=True)]
    negated = [-score for score in total]
    ranked = sorted(range(len(numbers)), key=negated.__getitem__)
    by_section: dict[int, list[int]] = defaultdict(list)
    for n in ranked:
        by_section[sections[n]].append(n)
    notes: dict[int, Note] = {}
    loses = False
    for section in by_section.values():
        if taste:
            vectors = {n: similarities.vector(numbers[n]) for n in section}
            notes |= _moved(section, scores, total, vectors, taste)
        duplicates = dict(similarities.near_duplicates([numbers[n] for n in section[:COMPARED]]))
        for n in section if duplicates else ():
            if numbers[n] in duplicates:
                loses = True
                negated[n] += NEAR_DUPLICATE_PENALTY
                notes[n] = Note(Cause.ALIKE, duplicates[numbers[n]])
    return sorted(range(len(numbers)), key=negated.__getitem__) if loses else ranked, notes


def _moved(
    ranked: Sequence[int],
    scores: Sequence[float],
    total: Sequence[float],
    vectors: Mapping[int, Vector],
    taste: Taste[int],
) -> dict[int, Note]:
    """Notes for the candidates of a section, as the reader's votes ranked them."""
    plain = sorted(sorted(ranked), key=lambda n: -scores[n])
    before = {n: place for place, n in enumerate(plain)}
    notes = {}
    for after, n in enumerate(ranked):
        gain, other = total[n] - scores[n], None
        if after < before[n] and gain >= WORTH_SAYING:
            cause, other = Cause.RAISED, taste.raised_by(vectors[n])
        elif after > before[n] and gain <= -WORTH_SAYING:
            cause, other = Cause.LOWERED, taste.lowered_by(vectors[n])
        if other is not None:
            notes[n] = Note(cause, other)
    return notes
