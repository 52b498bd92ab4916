"""Topics of invented papers; real ones are judged by `digest.training.crossvalidate`."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from digest.matching import parse_query
from digest.matching.ast import Field
from digest.matching.ranking.explainer import explain
from digest.matching.tokenizer import words
from digest.matching.topics.classifier import VOTE, TopicMatch, TopicModel
from digest.matching.topics.evaluation import evaluate


@dataclass(frozen=True)
class Paper:
    title: str
    abstract: str = ""
    key: str = "1"
    topics: frozenset[str] = frozenset()
    ambiguous: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel.load()


LOW_BIT = Paper(
    "Four-bit weights without calibration",
    "Post-training quantization of large language models to 4-bit weights loses accuracy. We propose a "
    "quantizer that rounds outliers apart, and quantize weights and KV cache with no loss.",
)
CODEBOOK = Paper(
    "A tokenizer with larger codebooks for image generation",
    "Vector-quantized autoencoders turn an image into discrete tokens. We train a VQ-VAE whose codebook does "
    "not collapse, and a transformer that generates images from its tokens.",
)
TOOL_USER = Paper(
    "Agents that learn which tools to call",
    "LLM agents call tools to solve long tasks. We present an agent framework with memory and tool use, and "
    "show on web navigation that multi-agent collaboration helps language model agents.",
)
WALKER = Paper(
    "Sample-efficient control with learned value functions",
    "A reinforcement learning agent in a simulator must explore. We improve the Q-function of the agent by "
    "temporal difference learning, and the policy collects more reward in Atari and MuJoCo.",
)
SPLATS = Paper(
    "Gaussian splatting of dynamic scenes",
    "We reconstruct 3D scenes from multi-view video with 3D Gaussians, and render novel views in real time.",
)
CLUSTER = Paper(
    "3D parallelism for clusters with slow links",
    "We train large language models with data, tensor and pipeline parallelism over thousands of GPUs. "
    "Our distributed training system overlaps all-reduce with the backward pass and survives stragglers.",
)
BAKERY = Paper("Bread, a history", "How the baker's craft changed between 1750 and 1900 in three valleys.")
EVERY_PAPER = [LOW_BIT, CODEBOOK, TOOL_USER, WALKER, SPLATS, CLUSTER, BAKERY]


def test_fewer_bits_are_quantization(model: TopicModel) -> None:
    assert "quantization" in model.classify(LOW_BIT)


def test_vector_quantization_is_not_quantization(model: TopicModel) -> None:
    topics = model.classify(CODEBOOK)
    assert "quantization" not in topics
    assert "image-video-generation" in topics


def test_language_models_that_use_tools_are_agents(model: TopicModel) -> None:
    assert "agents" in model.classify(TOOL_USER)


def test_a_reinforcement_learning_agent_in_a_simulator_is_not_agents(model: TopicModel) -> None:
    topics = model.classify(WALKER)
    assert "agents" not in topics
    assert "reinforcement-learning" in topics


def test_3d_parallelism_is_not_3d(model: TopicModel) -> None:
    topics = model.classify(CLUSTER)
    assert "3d" not in topics
    assert "distributed-training" in topics


def test_gaussian_splatting_is_3d(model: TopicModel) -> None:
    assert "3d" in model.classify(SPLATS)


def test_a_paper_about_none_of_the_topics_belongs_to_none(model: TopicModel) -> None:
    assert model.classify(BAKERY) == {}


@pytest.mark.parametrize("paper", [*EVERY_PAPER, Paper("Gaussian splatting"), Paper("")])
def test_every_belonging_has_reasons_that_are_words_of_the_paper(model: TopicModel, paper: Paper) -> None:
    for belonging in model.classify(paper).values():
        assert 1 <= len(belonging.reasons) <= 6
        for reason in belonging.reasons:
            source = paper.title if reason.field == Field.TITLE else paper.abstract
            assert source[reason.start : reason.end] == reason.text
            assert words(reason.text)


def test_reasons_stand_in_reading_order_title_first(model: TopicModel) -> None:
    for paper in EVERY_PAPER:
        for belonging in model.classify(paper).values():
            places = [(reason.field != Field.TITLE, reason.start) for reason in belonging.reasons]
            assert places == sorted(places)


def test_a_reason_is_what_the_paper_says_about_the_topic(model: TopicModel) -> None:
    said = {reason.text.lower() for reason in model.classify(SPLATS)["3d"].reasons}
    assert "gaussian splatting" in said


def test_the_score_is_above_a_half_and_grows_with_strength(model: TopicModel) -> None:
    given = [belonging for paper in EVERY_PAPER for belonging in model.classify(paper).values()]
    by_strength = sorted(given, key=lambda belonging: belonging.strength)
    assert [b.score for b in by_strength] == sorted(b.score for b in given)
    assert all(0.5 < b.score <= 1 and b.strength > 0 for b in given)


def test_an_empty_abstract_is_read_by_its_title(model: TopicModel) -> None:
    assert "3d" in model.classify(Paper("3D Gaussian splatting for novel view synthesis"))


def test_an_empty_paper_belongs_to_nothing(model: TopicModel) -> None:
    assert model.classify(Paper("")) == {}


def test_the_vote_of_a_preset_query_moves_the_margin_either_way(model: TopicModel) -> None:
    alone = model.classify(SPLATS)["3d"].strength
    assert model.classify(SPLATS, {"3d"})["3d"].strength == pytest.approx(alone + VOTE)
    assert model.classify(SPLATS, set())["3d"].strength == pytest.approx(alone - VOTE)


def test_a_vote_alone_decides_nothing(model: TopicModel) -> None:
    assert model.classify(BAKERY, set(model.biases)) == {}


def test_spelling_and_hyphens_do_not_matter(model: TopicModel) -> None:
    british = Paper("Post training quantisation", LOW_BIT.abstract.replace("quantiz", "quantis"))
    american = Paper("Post-training quantization", LOW_BIT.abstract)
    assert model.margins(british) == pytest.approx(model.margins(american))


def test_the_order_of_papers_changes_nothing() -> None:
    def classified(papers: list[Paper]) -> dict[str, dict[str, TopicMatch]]:
        model = TopicModel.load()
        return {paper.title: model.classify(paper) for paper in papers}

    shuffled = random.Random(3).sample(EVERY_PAPER, len(EVERY_PAPER))
    assert classified(shuffled) == classified(EVERY_PAPER)


def test_the_shipped_model_fits_the_labelled_papers(test_data: Path, model: TopicModel) -> None:
    """A check that model and code fit together. The model has learned from these very papers: how well it
    does on others is what `digest.training.crossvalidate` measures (docs/relevance.md)."""
    lines = (test_data / "relevance" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    gold = [
        Paper(r["title"], r["abstract"], r["id"], frozenset(r["topics"]), frozenset(r["ambiguous"]))
        for r in map(json.loads, lines)
    ]
    given = {paper.key: model.classify(paper).keys() for paper in gold}
    evaluation = evaluate(gold, given, sorted(model.biases))
    assert evaluation.macro_f1 > 0.93
    assert all(score.f1 > 0.85 for score in evaluation.scores.values())


def test_the_reasons_of_a_topic_begin_with_the_words_of_its_readable_query() -> None:
    paper = Paper("Low-bit FP4 quantization of language models", "Post-training quantization to four bits.")
    explanation = explain(parse_query("topic:quantization"), paper)
    assert explanation.kept
    assert explanation.reasons[0].field == "title"
    assert "quantization" in " ".join(
        reason.text for reason in explanation.reasons if reason.field == "title"
    )
    assert not explain(parse_query("topic:robotics"), paper).kept
