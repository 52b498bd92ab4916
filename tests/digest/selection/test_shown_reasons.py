"""Reasons as they are stored: the same when read back, and given up when the paper says something else."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.compose import Fact, Mark
from digest.matching import Query, parse_query
from digest.matching.ast import Node
from digest.matching.ranking.explainer import explain
from digest.models import Paper
from digest.selection.shown_reasons import PackedReasons, ShownReasons, pack, unpack
from tests.digest.matching.test_agreement import COUNT, DAYS, NODES, TEXT

PAPERS = st.builds(
    Paper,
    pk=st.integers(1, 2**40),
    title=TEXT,
    abstract=TEXT,
    author_names=st.lists(TEXT, max_size=3),
    organization=TEXT,
    source_name=st.sampled_from(["agents", "3d"]),
    upvotes=COUNT,
    comments=COUNT,
    authors=COUNT,
    day=DAYS,
)


def why(query: str, paper: Paper) -> PackedReasons:
    """The reasons of `query`, stored and read back."""
    return unpack(pack(paper, ShownReasons.of(explain(parse_query(query), paper).reasons)))


def a_paper(**values: Any) -> Paper:
    known = {
        "title": "Agents that plan",
        "abstract": "We plan with agents.",
        "author_names": ["Ada Lovelace"],
        "organization": "Example Lab",
        "source_name": "huggingface",
        "upvotes": 52,
        "comments": 3,
        "authors": 2,
        "day": date(2025, 11, 5),
    }
    return Paper(pk=7, **known | values)


@settings(max_examples=300, deadline=None)
@given(NODES, PAPERS)
def test_what_is_stored_is_what_explaining_anew_would_say(node: Node, paper: Paper) -> None:
    fresh = ShownReasons.of(explain(Query(node), paper).reasons)
    line = pack(paper, fresh)
    stored = unpack(line)
    assert (stored.paper, stored.reasons) == (paper.pk, fresh)
    assert stored.are_true_of(paper)
    assert line.isascii()
    assert "\n" not in line


@settings(max_examples=300, deadline=None)
@given(NODES, PAPERS, PAPERS)
def test_what_is_still_taken_for_true_points_to_the_same_words(
    node: Node, paper: Paper, later: Paper
) -> None:
    stored = unpack(pack(paper, ShownReasons.of(explain(Query(node), paper).reasons)))
    if stored.are_true_of(later):
        assert (later.title, later.abstract) == (paper.title, paper.abstract)
        for fact in stored.reasons.facts:
            assert fact.text or getattr(later, fact.field) == getattr(paper, fact.field)


def test_words_of_title_and_abstract_are_marks_and_the_rest_are_facts() -> None:
    found = why("title:agents plan author:lovelace org:example upvotes>=50", a_paper())
    assert found.reasons.marks == (
        Mark("title", 0, 6),
        Mark("title", 12, 16),
        Mark("abstract", 3, 7),
    )
    assert found.reasons.facts == (Fact("author", "Lovelace"), Fact("org", "Example"), Fact("upvotes"))


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "All agents that plan"},
        {"abstract": "Now we plan with agents."},
        {"author_names": ["Ada King"]},
        {"organization": "Another Lab"},
        {"source_name": "arxiv"},
        {"upvotes": 53},
    ],
    ids=str,
)
def test_reasons_are_given_up_once_the_paper_says_something_else(changed: dict[str, Any]) -> None:
    stored = why("agents upvotes>=50", a_paper())
    assert stored.are_true_of(a_paper())
    assert not stored.are_true_of(a_paper(**changed))


def test_votes_and_comments_that_no_reason_tells_may_change() -> None:
    stored = why("agents", a_paper())
    assert stored.are_true_of(a_paper(upvotes=99, comments=7, authors=3, url="https://example.org/other"))
