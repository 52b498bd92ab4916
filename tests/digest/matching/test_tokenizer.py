"""Words that mean the same meet, whatever their ending and spelling."""

import pytest

from digest.matching.tokenizer import stem


@pytest.mark.parametrize(
    "relatives",
    [
        "llm llms",
        "gpu gpus",
        "vlm vlms",
        "quantize quantise quantized quantised quantization quantisations quantizer quantizable",
        "supervise supervised supervision",
        "precise precisely",
        "analyze analyse analyzing analysing",
        "behaviour behaviours behavior",
        "tokenizer tokenizers tokenization tokenise",
    ],
)
def test_relatives_meet(relatives: str) -> None:
    assert len({stem(word) for word in relatives.split()}) == 1


@pytest.mark.parametrize("strangers", ["size sis", "prize prise", "gas ga", "css cs", "hour hor", "this thi"])
def test_strangers_do_not_meet(strangers: str) -> None:
    one, other = strangers.split()
    assert stem(one) != stem(other)
