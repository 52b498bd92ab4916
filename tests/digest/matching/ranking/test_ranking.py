"""The order of papers: strength, upvotes, the reader's votes, and room for what is unlike the paper above."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching.ranking.order import (
    NEAR_DUPLICATE_PENALTY,
    WORTH_SAYING,
    Candidate,
    Cause,
    Note,
    rank,
    score,
)
from digest.matching.ranking.relevance_feedback import HALF_OF_IT, MOST_GAIN, USUAL_PAPERS, Taste
from digest.matching.ranking.similarity import (
    LEAST_STEMS,
    NEAR_DUPLICATE,
    STEM_COUNTS,
    Similarities,
    rarity,
    similarity,
    usual,
    vector,
)
from digest.matching.tokenizer import stem, words
from digest.training.examples import read_corpus
from digest.training.stem_counts import stored


@dataclass(frozen=True)
class Paper:
    title: str
    abstract: str = ""
    key: str = "1"


GUI = (
    "We study agents that operate a browser: they read the screen, click buttons, type text and navigate web "
    "pages. A grounding model locates interface elements in screenshots, and a planner decides the next "
    "action. On web navigation benchmarks the agents complete more tasks with fewer steps."
)
MEDICAL = (
    "Doctors ask patients about symptoms before a diagnosis. We build agents that hold clinical dialogues, "
    "retrieve guidelines from hospital records and propose a treatment. Physicians judged the diagnosis "
    "of the agents safe in most consultations, and radiology reports helped in rare diseases."
)
ROBOT = (
    "Grasping deformable objects with two robot arms needs tactile feedback. A policy learned from "
    "demonstrations controls both grippers, adapts its force to slip, and folds cloth and cables in a "
    "kitchen after little real world training. Simulation randomises friction, lighting and camera poses."
)
PAPERS = {
    1: Paper("Agents that click through the web", GUI, "gui"),
    2: Paper("Agents for clinical diagnosis", MEDICAL, "medical"),
    3: Paper("Two arms fold cloth", ROBOT, "robot"),
    4: Paper(
        "Browser agents ground what they see on the screen", GUI.replace("We study", "Here are"), "gui2"
    ),
}
LIKENESSES = Similarities(PAPERS)


def candidates(*numbers: int, section: int = 0) -> list[Candidate]:
    """Candidates that start with the same score."""
    return [Candidate(number, PAPERS[number].key, section, 5.0) for number in numbers]


def taste(more: Sequence[str] = (), less: Sequence[str] = ()) -> Taste[int]:
    """The taste for and against abstracts; those liked are numbered from 100, the others from 200."""
    return Taste(
        {100 + n: vector(Paper("", text)) for n, text in enumerate(more)},
        {200 + n: vector(Paper("", text)) for n, text in enumerate(less)},
    )


def test_upvotes_count_less_each_and_fade_with_age() -> None:
    assert score(2, None, 0) == score(2, 0, 0) == 2
    gains = [score(0, votes, 0) for votes in (1, 10, 100)]
    assert gains == sorted(gains)
    assert score(0, 100, 0) - score(0, 90, 0) < score(0, 10, 0) - score(0, 0, 0)
    assert score(0, 63, 7) == pytest.approx(score(0, 63, 0) / 2)
    assert score(0, 63, -3) == score(0, 63, 0)


def test_without_votes_and_likeness_the_stronger_match_comes_first_and_ties_go_by_key() -> None:
    strong = Candidate(3, "robot", 0, 5.5)
    ranked = rank([*candidates(2, 1), strong], LIKENESSES)
    assert [(candidate.key, note) for candidate, note in ranked] == [
        ("robot", None), ("gui", None), ("medical", None),
    ]  # fmt: skip


def test_a_paper_like_those_asked_more_of_rises_and_names_the_one_most_like_it() -> None:
    liked = taste(more=[ROBOT, MEDICAL])
    ranked = rank(candidates(1, 2, 3), LIKENESSES, liked)
    assert [candidate.key for candidate, _ in ranked] == ["medical", "robot", "gui"]
    assert {c.key: note for c, note in ranked} == {
        "medical": Note(Cause.RAISED, 101), "robot": Note(Cause.RAISED, 100), "gui": None,
    }  # fmt: skip


def test_a_paper_like_those_asked_less_of_sinks_and_says_so() -> None:
    ranked = rank(candidates(1, 2, 3), LIKENESSES, taste(more=[ROBOT], less=[GUI]))
    assert [candidate.key for candidate, _ in ranked] == ["robot", "medical", "gui"]
    assert ranked[-1][1] == Note(Cause.LOWERED, 200)


def test_nothing_is_said_of_a_paper_that_stands_where_it_would_without_votes() -> None:
    ahead = Candidate(3, "robot", 0, 9.0)
    ranked = rank([ahead, *candidates(1)], LIKENESSES, taste(more=[ROBOT]))
    assert [note for _, note in ranked] == [None, None]
    alone = rank(candidates(3), LIKENESSES, taste(more=[ROBOT]))
    assert [note for _, note in alone] == [None]


def test_small_gains_order_papers_without_a_word() -> None:
    torn = taste(more=[ROBOT, MEDICAL], less=[f"{ROBOT} Sonnets.", f"{GUI} Sonnets."])
    gains = {n: torn.gain(LIKENESSES.vector(n)) for n in (1, 2, 3)}
    assert gains[1] < -WORTH_SAYING < 0 < gains[3] < WORTH_SAYING < gains[2]
    ranked = rank(candidates(1, 2, 3), LIKENESSES, torn)
    assert [(c.number, note and note.cause) for c, note in ranked] == [
        (2, Cause.RAISED), (3, None), (1, Cause.LOWERED),
    ]  # fmt: skip


def test_votes_on_something_else_are_never_given_as_the_reason() -> None:
    ranked = rank(candidates(1, 2, 3), LIKENESSES, taste(less=["Sonnets about the sea, in four languages."]))
    assert [note for _, note in ranked] == [None] * 3


def test_a_paper_much_like_the_one_above_makes_room_and_says_so() -> None:
    ranked = rank(candidates(1, 4, 3), LIKENESSES)
    assert [(c.key, note) for c, note in ranked] == [
        ("gui", None), ("robot", None), ("gui2", Note(Cause.ALIKE, 1)),
    ]  # fmt: skip


def test_papers_of_other_sections_are_no_reason_to_make_room() -> None:
    ranked = rank([*candidates(1), *candidates(4, section=1)], LIKENESSES)
    assert [note for _, note in ranked] == [None, None]


def test_titles_alone_are_too_little_to_call_papers_alike() -> None:
    papers = {1: Paper("Agents in the browser", key="a"), 2: Paper("Agents in the browser", key="b")}
    ranked = rank([Candidate(1, "a", 0, 1.0), Candidate(2, "b", 0, 1.0)], Similarities(papers))
    assert [note for _, note in ranked] == [None, None]


def test_likeness_is_between_nothing_shared_and_the_same() -> None:
    gui, robot = vector(PAPERS[1]), vector(PAPERS[3])
    assert similarity(gui, gui) == pytest.approx(1)
    assert 0 < similarity(gui, robot) < 0.25
    assert similarity(gui, vector(Paper("", "qqq 12 345"))) == 0


def test_common_words_weigh_next_to_nothing() -> None:
    assert rarity()["and"] < 0.1
    assert rarity()["grasp"] > 2


def test_the_counts_hold_stems_only_each_once() -> None:
    stems = [name for name, _ in COUNTS]
    assert stems == sorted(set(stems))
    assert len(stems) > 3000


def test_the_counts_are_those_of_the_corpus(test_data: Path) -> None:
    corpus = read_corpus(test_data / "corpus" / "papers.jsonl.gz")
    assert stored(corpus) == STEM_COUNTS.read_text(encoding="utf-8")


# The naive oracle: the definitions again, word by word and pair by pair.

_VOCABULARY = sorted(word for word in rarity() if stem(word) == word)[::37]
WORDS = _VOCABULARY[:80]
COUNTS = [line.split("\t") for line in STEM_COUNTS.read_text(encoding="utf-8").splitlines()[1:]]


@cache
def naive_vector(paper: Paper) -> dict[str, float]:
    counts = Counter(
        stem(word) for text in (paper.title, paper.title, paper.abstract) for word in words(text)
    )
    weights = {
        name: (1 + math.log(counts[name])) * math.sqrt(math.log(7917 / int(papers)))
        for name, papers in COUNTS
        if counts[name]
    }
    length = math.sqrt(sum(weight**2 for weight in weights.values()))
    return {name: weight / length for name, weight in weights.items()}


def naive_cosine(one: dict[str, float], other: dict[str, float]) -> float:
    return sum(one[name] * other[name] for name in sorted({*one} & {*other}))


def naive_gain(paper: Paper, more: Sequence[Paper], less: Sequence[Paper]) -> float:
    taste = {
        name: naive_mean(name, weight, more) - naive_mean(name, weight, less)
        for name, weight in usual().items()
    }
    length = math.sqrt(sum(weight**2 for weight in taste.values()))
    most = MOST_GAIN * (len(more) + len(less)) / (len(more) + len(less) + HALF_OF_IT)
    return most * naive_cosine(taste, naive_vector(paper)) / length if length > 1e-6 else 0.0


def naive_mean(name: str, usually: float, papers: Sequence[Paper]) -> float:
    """What a stem weighs in papers and a few usual ones."""
    total = sum(naive_vector(p).get(name, 0) for p in papers) + USUAL_PAPERS * usually
    return total / (len(papers) + USUAL_PAPERS)


@st.composite
def worlds(draw: st.DrawFn) -> list[Paper]:
    """Papers of a few words each, so that some are much alike."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    themes = [chance.sample(WORDS, 45) for _ in range(3)]
    return [
        Paper(" ".join(chance.sample(theme, 3)), " ".join(chance.choices(theme, k=70)), f"paper {n:02}")
        for n in range(draw(st.integers(1, 7)))
        for theme in [chance.choice(themes)]
    ]


@settings(deadline=None)
@given(worlds(), worlds(), worlds())
def test_what_votes_add_is_what_the_definition_says(
    papers: list[Paper], more: list[Paper], less: list[Paper]
) -> None:
    given_taste = Taste(
        {n: vector(paper) for n, paper in enumerate(more[1:])},
        {n: vector(paper) for n, paper in enumerate(less[1:])},
    )
    for paper in papers:
        expected = naive_gain(paper, more[1:], less[1:])
        assert given_taste.gain(vector(paper)) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(worlds(), st.data())
def test_making_room_is_what_the_definition_says_whatever_the_order_of_input(
    papers: list[Paper], data: st.DataObject
) -> None:
    known = dict(enumerate(papers))
    scores = data.draw(st.lists(st.sampled_from([1.0, 2.0, 6.0]), min_size=len(papers), max_size=len(papers)))
    sections = data.draw(st.lists(st.integers(0, 1), min_size=len(papers), max_size=len(papers)))
    given_ones = [Candidate(n, known[n].key, sections[n], scores[n]) for n in known]
    ranked = rank(data.draw(st.permutations(given_ones)), Similarities(known))
    expected = {}
    for c in given_ones:
        above = sorted(
            (-o.score, o.key, o.number)
            for o in given_ones
            if o.section == c.section and (-o.score, o.key) < (-c.score, c.key)
            and min(len(naive_vector(known[o.number])), len(naive_vector(known[c.number]))) >= LEAST_STEMS
            and naive_cosine(naive_vector(known[o.number]), naive_vector(known[c.number])) >= NEAR_DUPLICATE
        )  # fmt: skip
        note = Note(Cause.ALIKE, above[0][2]) if above else None
        expected[NEAR_DUPLICATE_PENALTY * bool(above) - c.score, c.key] = (c, note)
    assert ranked == [expected[place] for place in sorted(expected)]


@settings(deadline=None)
@given(worlds(), worlds(), st.randoms(use_true_random=False))
def test_the_order_of_input_never_matters(
    papers: list[Paper], voted: list[Paper], chance: random.Random
) -> None:
    known = dict(enumerate(papers))
    some = Taste({n: vector(p) for n, p in enumerate(voted)}, {})
    given_ones = [Candidate(n, paper.key, n % 2, 3.0) for n, paper in known.items()]
    shuffled = chance.sample(given_ones, len(given_ones))
    assert rank(shuffled, Similarities(known), some) == rank(given_ones, Similarities(known), some)


@settings(deadline=None)
@given(worlds())
def test_a_vote_for_a_paper_puts_none_before_it_but_one_that_is_much_the_same(papers: list[Paper]) -> None:
    """All else equal: one that says less of what all papers say may stand before it."""
    distinct = {paper.abstract: paper for paper in papers}
    known = dict(enumerate(distinct.values()))
    given_ones = [Candidate(n, paper.key, n, 3.0) for n, paper in known.items()]
    for n, paper in known.items():
        ranked = rank(given_ones, Similarities(known), Taste({n: vector(replace(paper, key="voted"))}, {}))
        first = known[ranked[0][0].number]
        assert first is paper or similarity(vector(first), vector(paper)) > 2 * NEAR_DUPLICATE
