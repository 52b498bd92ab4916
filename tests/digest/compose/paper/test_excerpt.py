"""The excerpt tells what a paper does, in its own whole sentences."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose.content import Mark
from digest.compose.paper.excerpt import LIMIT, ROOM, excerpt, sentences
from digest.compose.paper.samples import FOUR_BITS


def split(text: str) -> list[str]:
    return [text[span.start : span.end] for span in sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Small models, e.g. Llama, follow Smith et al. 2020 closely.",
        "See Fig. 3 and Eqs. 4 and 5 (cf. Sec. 2) for details.",
        "Version v1.5 gains 3.5 points over v1.4 and over GPT-4.1 vs. Baseline.",
        "J. Smith and A. B. Jones use U.S. data.",
        'They ask "why?" and go on.',
    ],
)
def test_abbreviations_initials_and_decimals_end_no_sentence(sentence: str) -> None:
    assert split(f"{sentence} Another one follows.") == [sentence, "Another one follows."]


def test_questions_quotes_and_brackets_end_sentences() -> None:
    assert split('Can it? It can! (Really.) "Yes." $L$ falls.') == [
        "Can it?",
        "It can!",
        "(Really.)",
        '"Yes."',
        "$L$ falls.",
    ]


def test_chinese_sentences_end_without_a_space() -> None:
    assert split("我们提出一种方法。它很快。") == ["我们提出一种方法。", "它很快。"]


def test_contribution_and_result_are_chosen_and_background_and_addresses_left_out() -> None:
    text = excerpt(FOUR_BITS.record.abstract, ()).text
    assert text.startswith("We present the first comprehensive study")
    assert "recovers 98.9%" in text
    assert "supported by recent accelerators" not in text
    assert "github.com" not in text


def test_sentences_keep_their_order_and_a_gap_shows() -> None:
    abstract = (
        "Recent models are large. We propose a method that is small. "
        + "It has many parts that we list here at length for completeness, one by one, without much need. "
        * 3
        + "The method outperforms all others by 4.2 points."
    )
    text = excerpt(abstract, ()).text
    assert text.startswith("We propose a method that is small. ")
    assert text.endswith(" … The method outperforms all others by 4.2 points.")


def test_a_sentence_with_the_readers_words_is_preferred_to_its_equals() -> None:
    abstract = " ".join(
        f"Part {word} concerns something entirely different from the rest." for word in "ABCDEFGHI"
    )
    at = abstract.index("Part H")
    assert "Part H" in excerpt(abstract, (Mark("abstract", at, at + 6),)).text


def test_an_excerpt_reads_at_a_glance() -> None:
    assert len(excerpt("We propose this and that. " * 100, ()).text) <= ROOM


def test_a_sentence_without_end_is_cut_between_words() -> None:
    text = excerpt("We go " + "on and on " * 300, ()).text
    assert len(text) <= LIMIT + 1
    assert text.endswith((" on…", " and…"))


def test_nothing_comes_from_nothing() -> None:
    assert excerpt("", ()).text == excerpt(" \n ", ()).text == ""


@pytest.mark.parametrize(
    ("sentence", "opening"),
    [
        ("To address these issues, we propose a method.", "We propose a method."),
        ("To this end, in this paper, we propose a method.", "In this paper, we propose a method."),
        ("Motivated by the latter, this paper introduces a method.", "This paper introduces a method."),
        ("Moreover, FlashX reduces the error by 12%.", "FlashX reduces the error by 12%."),
        ("In this work, we propose a method.", "In this work, we propose a method."),
        ("To train agents, we propose a method.", "To train agents, we propose a method."),
    ],
)
def test_an_excerpt_does_not_begin_in_mid_argument(sentence: str, opening: str) -> None:
    background = "Models are large and slow, " * 20
    assert excerpt(f"{background}as is known. {sentence}", ()).text == opening


def test_a_sentence_that_leans_on_another_comes_only_behind_it() -> None:
    abstract = (
        "We propose a method. It is built of parts. Nobody had tried that. "
        "This improves the accuracy by 12.5%. Our method is state-of-the-art by 3.1 points."
    )
    text = excerpt(abstract, ()).text
    assert text.startswith("We propose a method.")
    assert " … It" not in text
    assert " … This" not in text


def test_what_follows_its_sentence_keeps_the_link_to_it() -> None:
    text = excerpt("We present a large study of 100 models. Moreover, we propose a method for them.", ()).text
    assert text == "We present a large study of 100 models. Moreover, we propose a method for them."


# What a reader who starts there cannot understand, in other words than the product's own.
_MID_ARGUMENT = re.compile(
    r"(?:to (?:\w+ ){1,2}(?:this|these|that|those|such) \w+|to this end|moreover|furthermore|in addition"
    r"|additionally|however|therefore|thus|hence|consequently|but|yet|finally|meanwhile|instead|specifically"
    r"|in particular|for example|(?:building|based) on (?:this|these)|it (?!is )|its|they|their|these|those"
    r"|such|both|the former|the latter|this (?!paper|work|study|report|survey|article|technical|position))\b",
    re.IGNORECASE,
)


def test_of_the_real_abstracts_hardly_one_excerpt_begins_in_mid_argument(test_data: Path) -> None:
    answers = sorted(test_data.joinpath("huggingface", "api").iterdir())
    abstracts = [entry["paper"]["summary"] for answer in answers for entry in json.loads(answer.read_text())]
    shown = [excerpt(" ".join(abstract.split()), ()).text for abstract in abstracts]
    assert len(shown) == 1370
    assert (
        len([text for text in shown if _MID_ARGUMENT.match(text)]) < 14
    )  # one in a hundred; it was one in four


words = st.sampled_from(
    ["We propose", "agents", "e.g.", "that", "4.2%", "improve.", "Is it?", "Fig. 3", "end.", "\n", "…"]
)


@given(st.lists(words, max_size=80).map(" ".join), st.data())
def test_marked_words_are_still_marked_in_the_excerpt(abstract: str, data: st.DataObject) -> None:
    places = st.integers(0, len(abstract))
    marks = [
        Mark("abstract", *sorted(pair)) for pair in data.draw(st.lists(st.tuples(places, places), max_size=5))
    ]
    cut = excerpt(abstract, tuple(marks))
    marked = {abstract[n] for mark in marks for n in range(mark.start, mark.end)}
    for run in cut.runs:
        assert 0 <= run.start < run.end <= len(cut.text)
        shown = cut.text[run.start : run.end]
        assert shown.casefold() in abstract.casefold()
        assert set(shown) <= marked | set(" -/\n")


@given(st.text(max_size=3000))
def test_every_word_of_an_excerpt_stands_in_the_abstract(abstract: str) -> None:
    abstract = abstract.casefold()
    for sentence in excerpt(abstract, ()).text.casefold().removesuffix("…").split(" … "):
        assert sentence.strip() in abstract or all(part in abstract for part in sentence.split())
