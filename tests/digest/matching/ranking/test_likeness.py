"""How like a paper is to a set of papers: a number, the nearest of them, and the words that carried it."""

from dataclasses import dataclass, replace

from digest.matching.ranking.likeness import Likeness
from digest.matching.ranking.similarity import similarity, vector


@dataclass(frozen=True)
class Paper:
    title: str
    abstract: str = ""
    key: str = "1"


BROWSER = Paper(
    "Agents that operate a browser",
    "We study agents that operate a browser: they read the screen, click buttons, type text and navigate web "
    "pages. A grounding model locates interface elements in screenshots, and a planner decides the next "
    "action. On web navigation benchmarks the agents complete more tasks with fewer steps, and a human "
    "checks what they spend before an order is placed.",
)
PHONE = Paper(
    "Grounding interface elements for phone agents",
    "Screenshots of a phone are read by a grounding model that finds interface elements of apps. A planner "
    "decides which button the agents click and which text they type; navigation between screens needs fewer "
    "steps than before. Trained on synthetic tours through popular applications, the small model answers "
    "offline and keeps private messages on the device of their owner.",
)
ROBOT = Paper(
    "Folding cloth with two robot arms",
    "Grasping deformable objects with two robot arms needs tactile feedback. A policy learned from "
    "demonstrations controls both grippers, adapts its force to slip, and folds cloth and cables in a "
    "kitchen after little real world training. Simulation randomises friction, lighting and camera poses.",
)
LIBRARY = Likeness({"robot": vector(ROBOT), "browser": vector(BROWSER)})


def test_a_paper_like_one_of_the_library_is_found_with_that_paper() -> None:
    found = LIBRARY.find(vector(PHONE))

    assert found is not None
    assert found.nearest == "browser"
    assert 0 < found.strength <= 1


def test_what_carried_a_likeness_is_shown_as_the_paper_writes_it() -> None:
    found = LIBRARY.find(vector(PHONE))

    assert found is not None
    reasons = found.reasons(PHONE)
    assert {reason.text for reason in reasons} <= {*PHONE.title.split(), *PHONE.abstract.split()}
    assert {"interface", "elements"} <= {reason.text for reason in reasons}
    for reason in reasons:
        assert getattr(PHONE, reason.field)[reason.start : reason.end] == reason.text


def test_words_that_say_nothing_are_never_shown_as_what_carried_a_likeness() -> None:
    said = "Every author of every team has written: one after another, every one of them took part."
    one, other = (replace(paper, abstract=f"{said} {said} {paper.abstract}") for paper in (BROWSER, PHONE))

    found = Likeness({"one": vector(one)}).find(vector(other))

    assert found is not None
    assert not {"everi", "one", "written", "author", "another"} & set(found.stems)
    assert not {"Every", "every", "one", "written", "author"} & {each.text for each in found.reasons(other)}


def test_a_paper_of_another_matter_is_not_like_a_library() -> None:
    other = Paper(
        "Radiology reports", "Doctors ask patients about symptoms before a diagnosis of rare diseases."
    )

    assert LIBRARY.find(vector(other)) is None


def test_words_that_most_papers_have_make_a_paper_less_like_a_library() -> None:
    common = (
        "We propose a method and show that the model can use large data, which is more than with the state."
    )
    one, other = (vector(Paper(paper.title, f"{paper.abstract} {common}")) for paper in (ROBOT, BROWSER))
    library = Likeness({"robot": one})
    assert library.strength(other) < 0.8 * similarity(one, other)
    assert library.strength(vector(ROBOT)) > 0.9


def test_nothing_is_like_a_library_without_words() -> None:
    assert Likeness({"empty": vector(Paper("", ""))}).find(vector(PHONE), threshold=0.0) is None
    assert Likeness[str]({}).find(vector(PHONE), threshold=0.0) is None


def test_a_paper_without_words_is_like_nothing() -> None:
    assert LIBRARY.find(vector(Paper("")), threshold=0.0) is None
