"""Words that a reader takes for one find each other in both directions, on every path; strangers do not."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from digest.matching import Query, parse_query
from digest.matching.percolator.percolator import Percolator, search
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.ranking.explainer import explain
from tests.digest.matching.oracle import Paper, keeps

_KINDS = (
    *("irregular", "greek or latin", "regular", "spelling"),
    *("greek letter", "to", "acronym", "version"),
)


@cache
def directions() -> tuple[tuple[str, str, str], ...]:
    """For each pair of the table its kind, what is sought and what a paper says, then the other way round."""
    rows = Path(__file__).with_name("word_pairs.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [row.split("\t") for row in rows if not row.startswith("#")]
    return tuple(row for kind, one, other in pairs for row in ((kind, one, other), (kind, other, one)))


def quoted(text: str) -> str:
    return text if text.startswith('"') else f'"{text}"'


def unmet(kind: str) -> Iterator[str]:
    """The directions of a kind in which some path does not find what is meant, with the paths' names."""
    rows = [(one, other) for of, one, other in directions() if of == kind]
    papers = [Paper(str(n), f"On {other.strip(chr(34))} here") for n, (_, other) in enumerate(rows)]
    index = index_of(papers)
    written = [parse_query(query) for one, _ in rows for query in (one, quoted(one), f"title:{quoted(one)}")]
    queries = dict(enumerate(written))
    percolated = Percolator.of(queries).match(papers)
    for number, query in queries.items():
        paper = papers[number // 3]
        explanation = explain(query, paper)
        paths = {
            "oracle": keeps(query.root, paper),
            "explain": explanation.kept,
            "search": number // 3 in search(query, index),
            "percolator": any(match.paper is paper for match in percolated.get(number, ())),
            "highlight": all(paper.title[r.start : r.end] == r.text for r in explanation.reasons),
        }
        if not all(paths.values()):
            yield f"{query} in {paper.title}: not {', '.join(path for path, met in paths.items() if not met)}"


@pytest.mark.parametrize("kind", _KINDS)
def test_words_that_mean_the_same_find_each_other_on_every_path(kind: str) -> None:
    assert [*unmet(kind)] == []


def test_the_pairs_are_of_the_kinds_that_are_tried() -> None:
    assert {kind for kind, _, _ in directions()} == set(_KINDS)
    assert len(directions()) >= 300


def found(query: str, text: str) -> bool:
    """Whether every path keeps the text for the query; they have to agree."""
    paper, read = Paper("a", text), parse_query(query)
    paths = {
        explain(read, paper).kept,
        bool(len(search(read, index_of([paper])))),
        bool(dict(Percolator.of({"q": read}).match([paper]))),
        keeps(Query(read.root).root, paper),
    }
    assert len(paths) == 1
    return paths.pop()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        *(("llama3", "Llama 2"), ("dinov2", "DINOv3"), ("dinov2", "DINO 3"), ("gpt4", "GPT-3.5")),
        *(("wav2vec2", "wav2vec 3"), ("wav2vec2", "word2vec"), ("math500", "math"), ("level4", "level")),
        *(("top5", "top"), ("zero3", "zero-shot"), ("cifar10", "cifar100"), ("llama70b", "Llama")),
        *(("image2", "image to image"), ("fp4", "FP for training")),
    ],
)
def test_another_version_or_a_number_that_is_none_is_not_found(query: str, text: str) -> None:
    assert not found(query, text)


@pytest.mark.parametrize(
    ("query", "text"), [("dinov2", "DINO, v3"), ("sam2", "SAM (2)"), ("llama3", "Llama")]
)
def test_a_name_without_version_is_found_by_any_version(query: str, text: str) -> None:
    assert found(query, text)


def test_leaving_out_a_version_does_not_leave_out_the_name() -> None:
    assert found("dino NOT dinov2", "DINO features")
    assert not found("dino NOT dinov2", "DINOv2 features")
    assert found("dino NOT (video NOT dinov2)", "DINO video features")


def test_both_forms_of_a_plural_lead_to_both_readings_and_compounds_follow() -> None:
    assert found("basis", "two bases")
    assert found("base", "two bases")
    assert not found("base", "a basis")
    assert found("subhypothesis", "subhypotheses")


@pytest.mark.parametrize(
    "strangers",
    [
        *("pour pore", "tour tore", "sour sore", "medium media", "taxis taxes", "dos doses", "die dice"),
        *("image imagine", "video vide", "text texture", "plus plush", "stuff staff"),
        *("embed emb", "cue cure", "phone phony", "trial tribal", "gas gauss"),
    ],
)
def test_words_that_only_look_related_stay_apart(strangers: str) -> None:
    one, other = strangers.split()
    assert not found(one, other)
    assert not found(other, one)
