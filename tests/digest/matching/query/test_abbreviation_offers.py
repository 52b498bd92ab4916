"""Offers to look for an abbreviation and for what it stands for: nothing is added without being asked."""

from pathlib import Path

import pytest

import digest.matching.query.abbreviation_offers as module
from digest.matching import parse_query
from digest.matching.query.abbreviation_offers import offers


@pytest.mark.parametrize(
    ("query", "wider"),
    [
        ("MoE", 'MoE OR "mixture of experts"'),
        ("MoEs", 'MoEs OR "mixture of experts"'),
        ('"MoE"', '"MoE" OR "mixture of experts"'),
        ("mixture of experts", "mixture of experts OR MoE"),
        ('"mixture of experts"', '"mixture of experts" OR MoE'),
        ("mixture-of-experts", "mixture-of-experts OR MoE"),
        ("Mixtures of Experts routing", "(Mixtures of Experts OR MoE) routing"),
        ("agents MoE", 'agents (MoE OR "mixture of experts")'),
        ("speech OR MoE", 'speech OR MoE OR "mixture of experts"'),
        ("title:moe", 'title:moe OR title:"mixture of experts"'),
        ("moe^2 agents", '(moe OR "mixture of experts")^2 agents'),
        ("large language models reasoning", "(large language models OR LLM) reasoning"),
        ("multi-agent systems", "multi-agent systems OR MAS"),
    ],
)
def test_either_form_offers_the_other(query: str, wider: str) -> None:
    (offer,) = offers(query)
    assert parse_query(offer.query) == parse_query(wider)


def test_an_offer_keeps_what_its_author_wrote_where_that_can_be_read() -> None:
    assert [offer.query for offer in offers("agents MoE")] == ['agents (MoE OR "mixture of experts")']


def test_a_short_form_of_several_meanings_offers_each_and_no_meaning_offers_it() -> None:
    assert [offer.other for offer in offers("TTS")] == ["test-time scaling", "text-to-speech"]
    assert offers("text-to-speech") == ()
    assert offers("test time scaling") == ()


@pytest.mark.parametrize(
    "query",
    [
        *('MoE OR "mixture of experts"', "mixture of experts OR moe", "NOT moe agents", "moe*", "author:moe"),
        *("experts mixture", "experts", "(moe OR agents) NEAR/3 routing", "", "(", "mixture of many experts"),
    ],
)
def test_nothing_is_offered_where_nothing_is_missing(query: str) -> None:
    assert offers(query) == ()


def test_taking_every_offer_ends() -> None:
    query = "LLM agents TTS"
    for _ in range(3):
        query = offers(query)[0].query
    assert offers(query) == ()
    assert parse_query(query) == parse_query(
        '(LLM OR "large language model") agents (TTS OR "test-time scaling" OR "text-to-speech")'
    )


def test_each_row_of_the_table_offers_its_long_form() -> None:
    rows = Path(module.__file__).with_name("abbreviations.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [row.split("\t") for row in rows if not row.startswith("#")]
    assert len({(short, long) for short, long, *_ in pairs}) == len(pairs) > 150
    assert [pair for pair in pairs if pair[1] not in {offer.other for offer in offers(pair[0])}] == []
