"""Words that mean the same meet, whatever their ending and spelling; strangers do not."""

import pytest

from digest.matching.query.parser import parse_query
from digest.matching.ranking.explainer import explain
from digest.matching.tokenizer import Text, fold, stem, stems_sought, words
from tests.digest.matching.oracle import Paper


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
        "analysis analyses analyze analysing",
        "hypothesis hypotheses hypothesize",
        "matrix matrices",
        "submatrix submatrices",
        "index indices indexes indexing",
        "phenomenon phenomena",
        "corpus corpora",
        "person people",
        "half halves",
        "lens lenses",
        "gas gases",
        "pde pdes",
        "vla vlas",
        "relu relus",
        "plateau plateaus",
        "centre center centred centers",
        "catalogue catalog cataloguing",
        "judgement judgment",
        "programme program programming",
        "favourite favorite",
        "neighbourhood neighborhood",
        "learnt learned",
        "grey gray",
        "α alpha",
        "Σ sigma",
    ],
)
def test_relatives_meet(relatives: str) -> None:
    assert len({stem(fold(word)) for word in relatives.split()}) == 1


@pytest.mark.parametrize(
    "strangers",
    [
        *("size sis", "prize prise", "gas ga", "css cs", "hour hor", "index indicate", "vertex vertical"),
        *("thesis these", "organ organization", "universe university", "new news", "transform transformer"),
        *("objective object", "important import", "person personal", "conversation conversion"),
    ],
)
def test_strangers_do_not_meet(strangers: str) -> None:
    one, other = strangers.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("form", "one", "other"), [("bases", "basis", "base"), ("axes", "axis", "axe"), ("lives", "life", "live")]
)
def test_a_form_of_two_words_is_found_by_both_which_do_not_find_each_other(
    form: str, one: str, other: str
) -> None:
    assert stem(form) in stems_sought(one)
    assert stem(form) in stems_sought(other)
    assert {stem(one), stem(other)} < set(stems_sought(form))
    assert stem(one) not in stems_sought(other)
    assert stem(other) not in stems_sought(one)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("text-to-image", "Text2Image"),
        ("text2image", "text to image"),
        ("image-to-3D", "image23D"),
        ("wav2vec", "wav2vec2"),
        ("llama", "Llama3"),
        ("llama-3", "LLaMA3"),
        ("dino", "DINOv2"),
        ("alpha-divergence", "the α-divergence"),
        ("β2", "beta 2"),
    ],
)
def test_a_version_or_a_digit_for_to_is_a_word_as_behind_a_hyphen(query: str, text: str) -> None:
    assert keeps(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [("llama3", "Llama 2"), ("gpt", "gp2"), ("vec", "h2o"), ("2", "H2O")],
)
def test_a_version_asked_for_is_that_version(query: str, text: str) -> None:
    assert not keeps(query, text)


def keeps(query: str, text: str) -> bool:
    return explain(parse_query(query), Paper("a", text)).kept


@pytest.mark.parametrize("text", ["GPT4o", "ＧＰＴ4", "AAÀ0", "Text2Image of α2", "wav2vec2.0", "ﬁne2tune"])
def test_each_word_has_its_place_in_the_text_and_dividing_again_changes_nothing(text: str) -> None:
    parts = Text(text)
    assert len(parts.spans) == len(parts.forms)
    assert all(a < b <= c < d for (a, b), (c, d) in zip(parts.spans, parts.spans[1:], strict=False))
    assert words(" ".join(words(text))) == words(text)
