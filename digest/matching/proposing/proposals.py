"""Proposals: the queries that best tell the ticked papers from all others, few and unlike each other.

A query is judged as if the reader had it in mind: each ticked paper is one that it keeps or, rarely, one
ticked for another reason; one that it keeps and that was shown and not ticked speaks against it; and a query
is the less likely the more queries of its kind there are. The score is the logarithm of that likelihood, up
to a constant (Bayes). So a narrow query that catches as much goes before a wide one, a topic before a word,
and two clauses are asked for only where one keeps too much.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from digest.matching.ast import And, Query

MOST = 5
OTHER_REASON = 0.1  # how often a paper is ticked for something else
MISSED = 0.3  # how often one that the query keeps is not ticked
SMOOTHING = 4.0  # papers; a query that keeps only what was ticked has been seen to keep nothing else
WIDEST = 0.3  # of the corpus: nobody calls that a choice
OTHERS = 0.003  # of the corpus, and one paper: what keeps fewer beside those ticked brings nothing new
# What a clause costs: the logarithm of how many there are. A single word that only abstracts have says least.
TOPIC, IN_TITLE, PHRASE, WORD = 1.0, 4.5, 6.0, 8.0
ALIKE = 0.5  # common papers of all that two queries keep
SECOND_TIME = 0.5  # what a ticked paper still counts that an earlier proposal catches
_PAIRED = 80  # best clauses of which pairs are made


@dataclass(frozen=True, slots=True)
class Candidate:
    """A query and the papers that it keeps, bit n for paper n of the corpus."""

    query: Query
    kept: int
    cost: float
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.query))


@dataclass(frozen=True, slots=True)
class Ticks:
    """Which papers were ticked and which were shown beside them, as bits, in a corpus of `papers`."""

    ticked: int
    passed_over: int
    papers: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A query, the bits of the ticked papers that it catches, and how many papers of the corpus it keeps."""

    query: Query
    caught: int
    kept: int

    def __str__(self) -> str:
        return str(self.query)


def propose(clauses: Sequence[Candidate], ticks: Ticks, most: int = MOST) -> list[Proposal]:
    """The `most` best of `clauses` and of their pairs, best first, each unlike those before it.

    Each further proposal counts less what is caught already, so that several interests are all seen. Equal
    input gives equal output, whatever its order.
    """
    usable = [one for one in clauses if one.kept & ticks.ticked and _is_choice(one.kept, ticks)]
    fresh = dict.fromkeys(_numbers(ticks.ticked), 1.0)
    usable.sort(key=lambda one: (-_score(one, ticks, fresh), len(one.text), one.text))
    candidates = [*usable, *_pairs(usable[:_PAIRED], ticks)]
    chosen: list[Candidate] = []
    while len(chosen) < most:
        left = (one for one in candidates if not any(_alike(one.kept, other.kept) for other in chosen))
        best = min(left, key=lambda one: (-_score(one, ticks, fresh), len(one.text), one.text), default=None)
        if best is None:
            break
        chosen.append(best)
        for number in _numbers(best.kept & ticks.ticked):
            fresh[number] *= SECOND_TIME
    return [Proposal(one.query, one.kept & ticks.ticked, one.kept.bit_count()) for one in chosen]


def _is_choice(kept: int, ticks: Ticks) -> bool:
    """Whether what is kept is neither nearly everything nor hardly more than what was ticked."""
    others = (kept & ~ticks.ticked).bit_count()
    return max(OTHERS * ticks.papers, 1) <= others <= max(WIDEST * ticks.papers, 1)


def _pairs(clauses: Sequence[Candidate], ticks: Ticks) -> Iterable[Candidate]:
    """Both of two clauses, where each leaves out something of the other's and both catch a ticked paper."""
    for one, other in combinations(clauses, 2):
        kept = one.kept & other.kept
        if kept & ticks.ticked and kept not in (one.kept, other.kept) and _is_choice(kept, ticks):
            first, second = sorted((one, other), key=lambda each: each.text)
            yield Candidate(Query(And((first.query.root, second.query.root))), kept, one.cost + other.cost)


def _score(one: Candidate, ticks: Ticks, fresh: Mapping[int, float]) -> float:
    share = ticks.papers / (one.kept.bit_count() + SMOOTHING)
    each = math.log1p((1 - OTHER_REASON) / OTHER_REASON * share)
    caught = sum(fresh[number] for number in _numbers(one.kept & ticks.ticked))
    against = (one.kept & ticks.passed_over).bit_count() * math.log(MISSED)
    return round(caught * each + against - one.cost, 9)


def _alike(one: int, other: int) -> bool:
    return (one & other).bit_count() > ALIKE * (one | other).bit_count()


def _numbers(bits: int) -> Iterable[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
