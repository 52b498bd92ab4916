"""Which sources a query can bring papers from, against the engine itself on papers of many kinds."""

import itertools
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching import parse_query
from digest.matching.query.by_source import may_bring_from
from digest.matching.ranking.explainer import explain


@pytest.mark.parametrize(
    ("query", "from_arxiv"),
    [
        ("agents", True),
        ("source:huggingface", False),
        ("source:arxiv-cs", True),
        ("agents -source:huggingface", True),
        ("agents -source:arxiv-cs", False),
        ("source:huggingface OR agents", True),
        ("source:huggingface (agents OR robots)", False),
        ("source:huggingface OR (source:lab upvotes>=5)", False),
        ("source:arx* agents^2", True),
        ("robots NOT (source:arxiv-cs OR agents)", False),
        ("day>=1900-01-01", True),
    ],
)
def test_only_what_a_query_says_of_sources_rules_a_source_out(query: str, from_arxiv: bool) -> None:
    assert may_bring_from(parse_query(query), "arxiv-cs") is from_arxiv


@dataclass(frozen=True)
class Listed:
    title: str
    source_names: tuple[str, ...] = ("arxiv-cs",)
    key: str = "title:1"
    abstract: str = ""
    day: date = date(2025, 11, 5)


WORDS = ("agents", "robots")
ALL_PAPERS = [
    Listed(" ".join(words)) for n in range(3) for words in itertools.combinations(WORDS, n)
]  # every mix of the words that the queries ask for
leaves = st.sampled_from([*WORDS, "source:arxiv-cs", "source:huggingface"])
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda both: f"({both[0]} {both[1]})"),
        st.tuples(inner, inner).map(lambda both: f"({both[0]} OR {both[1]})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=6,
)


@given(trees)
def test_a_source_is_never_ruled_out_that_has_a_paper_for_the_query(text: str) -> None:
    query = parse_query(f"day>=1900-01-01 ({text})")
    if any(explain(query, paper).kept for paper in ALL_PAPERS):
        assert may_bring_from(query, "arxiv-cs")
