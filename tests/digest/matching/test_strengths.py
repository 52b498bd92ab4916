"""What is found for many queries and papers at once is what explaining each query on each paper finds."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.matching import Query, Term, parse_query
from digest.matching.ast import Node
from digest.matching.index.joining import joined
from digest.matching.index.paper_index import Index
from digest.matching.paper import PaperText
from digest.matching.percolator.strengths import Strengths
from digest.matching.percolator.term_places import TermPlaces
from digest.matching.percolator.topic_assignment import strengths_of, with_topics
from digest.matching.ranking.also_written import AlsoWritten
from digest.matching.ranking.explainer import Explainer
from digest.matching.ranking.likeness import alike
from digest.matching.ranking.similarity import vector
from tests.digest.matching.oracle import Paper
from tests.digest.matching.test_agreement import DAYS_TRIED, NODES, PAPERS, random_node, random_paper

QUERIES = (
    '"mixture of experts"',
    "MoE",
    "title:MoE OR abstract:experts",
    "(MoE agents) OR (mixture experts)",
    "MoE^2 OR (agents MoE)",
    "topic:agents OR agents",
    "topic:agents^0.5 (agents OR MoE)",
)


def strengths(queries: Mapping[str, Query], papers: Sequence[PaperText], index: Index) -> Strengths[str]:
    topics = strengths_of(papers, index)
    also_written: AlsoWritten[int] = AlsoWritten()
    also_written.add(dict(enumerate(papers)))

    def likeness(leaf: object, place: int) -> float:
        found = alike(leaf.vector, vector(papers[place]))  # type: ignore[attr-defined]
        return found.strength if found else 0.0

    return Strengths(queries, with_topics(index, topics), topics, likeness, also_written.fields)


def agree(nodes: Sequence[Node], papers: Sequence[PaperText], index: Index) -> None:
    queries = {str(number): Query(node) for number, node in enumerate(nodes)}
    found = strengths(queries, papers, index)
    terms = {leaf for query in queries.values() for leaf in query.leaves if isinstance(leaf, Term)}
    places = TermPlaces(index, terms)
    for name, query in queries.items():
        expected = [(n, e) for n, paper in enumerate(papers) if (e := Explainer(paper).explain(query)).kept]
        kept = found.of(name)
        assert list(zip(*map(np.ndarray.tolist, kept), strict=True)) == [(n, e.strength) for n, e in expected]
        for number, paper in enumerate(papers):
            assert Explainer(paper, places.of(number)).explain(query) == Explainer(paper).explain(query)


@settings(max_examples=200, deadline=None)
@given(st.lists(NODES, min_size=1, max_size=3), st.lists(PAPERS, min_size=1, max_size=4))
def test_strengths_and_words_are_those_of_each_paper_explained(
    nodes: list[Node], papers: list[Paper]
) -> None:
    agree(nodes, papers, Index.of(papers))


@pytest.mark.parametrize("seed", DAYS_TRIED)
def test_an_index_joined_from_parts_of_others_is_that_of_their_papers(seed: int) -> None:
    chance = random.Random(seed)
    papers = [random_paper(chance, number) for number in range(60)]
    wanted = np.array([chance.random() < 0.5 for _ in papers])
    parts = [
        (Index.of(papers[first : first + 20]), wanted[first : first + 20])
        for first in range(0, len(papers), 20)
    ]
    some = [paper for paper, is_wanted in zip(papers, wanted.tolist(), strict=True) if is_wanted]
    agree([random_node(chance, 3) for _ in range(20)], some, joined(parts))


def test_what_a_paper_introduces_as_short_counts_as_the_words_and_topics_by_how_much_they_belong() -> None:
    abstract = "We study a mixture of experts (MoE) of language model agents that plan and use tools."
    papers = [
        Paper("a", "MoE for agents", abstract),
        Paper("b", "An agent that plans", "It uses tools and a mixture of experts."),
        Paper("c", "Boats", "Experts of the sea."),
    ]
    agree([parse_query(text).root for text in QUERIES], papers, Index.of(papers))
