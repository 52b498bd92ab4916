from dataclasses import dataclass

import pytest

from digest.matching.topics.evaluation import Score, evaluate


@dataclass(frozen=True)
class Read:
    key: str
    topics: frozenset[str]
    ambiguous: frozenset[str] = frozenset()


def read(key: str, topics: str, ambiguous: str = "") -> Read:
    return Read(key, frozenset(topics.split()), frozenset(ambiguous.split()))


GOLD = [read("1", "agents"), read("2", "agents code"), read("3", "", ambiguous="agents"), read("4", "code")]


def test_a_topic_is_right_wrong_or_missed() -> None:
    given = {"1": ["agents"], "2": ["code"], "3": ["agents"], "4": ["code"]}
    scores = evaluate(GOLD, given, ["agents", "code"]).scores
    assert scores["agents"] == Score(right=1, wrong=1, missed=1)
    assert scores["code"] == Score(right=2, wrong=0, missed=0)
    assert (scores["agents"].precision, scores["agents"].recall, scores["agents"].f1) == (0.5, 0.5, 0.5)


def test_an_ambiguous_pair_can_be_left_out() -> None:
    given = {"1": ["agents"], "2": ["agents"], "3": ["agents"]}
    assert evaluate(GOLD, given, ["agents"]).scores["agents"].wrong == 1
    assert evaluate(GOLD, given, ["agents"], with_ambiguous=False).scores["agents"].wrong == 0


def test_a_paper_that_was_given_nothing_counts_as_missed() -> None:
    assert evaluate(GOLD, {}, ["agents"]).scores["agents"] == Score(missed=2)


def test_a_topic_never_given_scores_zero() -> None:
    score = Score(missed=3)
    assert (score.precision, score.recall, score.f1) == (0, 0, 0)


def test_the_macro_average_counts_every_topic_alike() -> None:
    given = {"1": ["agents"], "2": ["agents"]}
    assert evaluate(GOLD, given, ["agents", "code"]).macro_f1 == pytest.approx(0.5)


def test_topics_stand_in_the_order_asked_for() -> None:
    assert list(evaluate(GOLD, {}, ["code", "agents"]).scores) == ["code", "agents"]
