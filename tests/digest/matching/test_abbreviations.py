"""Abbreviations that a paper introduces: found in its text, and shown together where either is asked for."""

import pytest

from digest.matching import parse_query
from digest.matching.abbreviations import definitions
from digest.matching.percolator.percolator import search
from digest.matching.percolator.topic_assignment import index_of
from digest.matching.ranking.explainer import explain
from digest.training.abbreviations import mined
from digest.training.examples import Example
from tests.digest.matching.oracle import Paper


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("We route by a mixture of experts (MoE).", "MoE", "mixture of experts"),
        ("Mixture-of-Experts (MoEs) are sparse", "MoE", "Mixture-of-Experts"),
        ("with Proximal Policy Optimization (PPO)", "PPO", "Proximal Policy Optimization"),
        ("A multi-modal large language model (MLLM)", "MLLM", "multi-modal large language model"),
        ("by low-rank adaptation (LoRA), which", "LoRA", "low-rank adaptation"),
        ("sparse autoencoders (SAEs)", "SAE", "sparse autoencoders"),
        ("faster. Rotary position embedding (RoPE; see", "RoPE", "Rotary position embedding"),
        ("3D Gaussian splatting (3DGS)", "3DGS", "3D Gaussian splatting"),
        ("the state of the art (SOTA)", "SOTA", "state of the art"),
    ],
)
def test_a_text_says_what_its_abbreviation_stands_for(text: str, short: str, long: str) -> None:
    assert [*definitions(text)] == [(short, long)]


@pytest.mark.parametrize(
    "text",
    [
        "We train on pictures (GPT).",
        "as others do (e.g., MoE) here",
        "a model. (MoE) is",
        "many more (see below)",
        "MoE (MoE)",
        "accuracy of 3.2 (2024)",
        "(LLM)",
        "",
    ],
)
def test_brackets_that_explain_nothing_are_no_definition(text: str) -> None:
    assert [*definitions(text)] == []


PAPER = Paper(
    "a",
    "Routing in Mixture-of-Experts Models",
    "We study the mixture of experts (MoE). An MoE routes tokens.",
)


@pytest.mark.parametrize("query", ["MoE", '"mixture of experts"', "moes", "agents OR moe"])
def test_a_paper_that_introduces_an_abbreviation_is_marked_with_both_forms(query: str) -> None:
    reasons = explain(parse_query(query), PAPER).reasons
    assert [reason.text for reason in reasons] == ["Mixture-of-Experts", "mixture of experts", "MoE", "MoE"]


def test_words_asked_for_one_by_one_are_marked_with_what_is_short_for_all_of_them() -> None:
    abstract = [
        r.text for r in explain(parse_query("mixture of experts"), PAPER).reasons if r.field == "abstract"
    ]
    assert abstract == ["mixture of experts", "mixture", "of", "experts", "MoE", "MoE"]
    assert "MoE" not in [r.text for r in explain(parse_query("experts"), PAPER).reasons]
    assert "MoE" not in [r.text for r in explain(parse_query("experts study"), PAPER).reasons]


def test_a_field_that_is_asked_for_is_kept_to_and_the_paper_decides_what_is_short_for_what() -> None:
    assert [r.field for r in explain(parse_query("abstract:moe"), PAPER).reasons] == ["abstract"] * 3
    other = Paper("b", "On Mixtures of Experts", "A memory of events (MoE) without a mixture of experts.")
    assert [r.text for r in explain(parse_query("MoE"), other).reasons] == ["memory of events", "MoE"]


@pytest.mark.parametrize("query", ["title:MoE", "MoEx", "NOT moe experts", "moe*x"])
def test_what_a_query_keeps_does_not_change(query: str) -> None:
    read = parse_query(query)
    assert explain(read, PAPER).kept == bool(len(search(read, index_of([PAPER]))))


def test_a_paper_that_does_not_introduce_it_is_marked_with_the_word_asked_for_alone() -> None:
    paper = Paper("c", "An MoE", "A mixture of experts without brackets.")
    assert [r.text for r in explain(parse_query("moe"), paper).reasons] == ["MoE"]


def test_a_corpus_is_mined_for_what_several_papers_introduce() -> None:
    texts = [
        "a mixture of experts (MoE)",
        "Mixtures-of-Experts (MoEs)",
        "a margin of error (MoE)",
        "fine (OK)",
    ]
    corpus = [Example(str(n), "A title", text) for n, text in enumerate(texts)]
    assert [*mined(corpus, 2)] == [("MoE", "mixture of experts", 2, 3)]
