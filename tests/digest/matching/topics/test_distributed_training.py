"""Distributed training in other words: invented papers that no model learned from."""

import pytest

from digest.lib.jsonl import PlainPaper
from digest.matching.percolator.topic_assignment import topics_of

BELONG = {
    "When a rack loses power in the middle of a run": (
        "Pre-training over thousands of accelerators is interrupted several times a day. We replicate "
        "optimizer shards to hosts in another power domain, detect the failed nodes from stalled "
        "collectives, and continue with fewer replicas until spares have joined. On a cluster of 1,500 "
        "GPUs lost time falls from nine to two percent."
    ),
    "Learners that do not wait for rollouts": (
        "Long rollouts leave most GPUs of a reinforcement learning job idle. Our system separates "
        "generation workers from learners, streams finished trajectories into micro-batches, broadcasts "
        "weights in the background, and bounds how stale a sample may be. On 128 GPUs post-training of a "
        "14B model is 2.4 times faster."
    ),
    "Giving slow GPUs less work": (
        "In a shared cluster some GPUs are always slower, and synchronous training runs at the pace of "
        "the slowest. We measure each rank online and assign samples in proportion to speed, keeping "
        "gradients unbiased. Epoch time on 64 mixed GPUs falls by 35 percent."
    ),
}
STRANGERS = {
    "Training a 13B model for Nordic languages": (
        "We pre-train a 13B language model on 1.5 trillion tokens of Nordic languages with 512 GPUs in 30 "
        "days. We describe data, tokenizer and evaluation, and release the weights. It is better than "
        "multilingual models of the same size on reading and translation."
    ),
    "Full-parameter tuning on a gaming GPU": (
        "We tune all parameters of a 7B model on one consumer GPU by streaming layers from host memory "
        "and updating each as soon as its gradient is known. Throughput is close to that of low-rank "
        "adapters at higher accuracy."
    ),
    "How concepts are distributed over layers": (
        "We ask how linguistic concepts are distributed over the layers of language models. Sparse probes "
        "show that syntax lies early and world knowledge in the middle, whatever the size of the model."
    ),
}


def is_given(title: str, abstract: str) -> bool:
    [topics] = topics_of([PlainPaper("1", title, abstract)])
    return "distributed-training" in topics


@pytest.mark.parametrize("title", BELONG)
def test_a_paper_on_training_across_devices_is_given_the_topic_whatever_its_words(title: str) -> None:
    assert is_given(title, BELONG[title])


@pytest.mark.parametrize("title", STRANGERS)
def test_a_model_that_was_merely_trained_on_many_gpus_or_one_is_not_given_the_topic(title: str) -> None:
    assert not is_given(title, STRANGERS[title])
