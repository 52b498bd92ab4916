"""Which preset topics papers belong to: the trained model, with a vote of the shipped queries."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from digest.matching.index.paper_index import Index
from digest.matching.paper import PaperText
from digest.matching.percolator.bitset_program import Program
from digest.matching.query.shipped_topics import preset_queries
from digest.matching.topics.classifier import preset_topics
from digest.matching.topics.stored_matches import TopicMatches


def index_of(papers: Sequence[PaperText], *, topics: bool = True) -> Index:
    """The index of papers, with the topics they belong to unless nobody asks."""
    index = Index.of(papers)
    if not topics:
        return index
    assigned = _assigned(papers, index)
    kept = {
        slug: np.fromiter((slug in topics for topics in assigned), np.bool_, len(papers))
        for slug in {slug for topics in assigned for slug in topics}
    }
    return replace(index, topics=kept)


def topics_of(papers: Sequence[PaperText]) -> list[TopicMatches]:
    """The preset topics that each paper belongs to, strongest first."""
    return _assigned(papers, Index.of(papers))


def _assigned(papers: Sequence[PaperText], index: Index) -> list[TopicMatches]:
    """A paper's own `topic_matches` where it has them: they depend on nothing but its words."""
    own: list[TopicMatches | None] = [getattr(paper, "topic_matches", None) for paper in papers]
    known = [matches for matches in own if matches is not None]
    if len(known) == len(papers):
        return known
    slugs, program, numbers = _preset_program()
    votes = np.unpackbits(program.evaluate(index, numbers).view(np.uint8), axis=1, bitorder="little")
    return [
        preset_topics().classify(paper, kept_by=[slugs[n] for n in np.flatnonzero(votes[:, number])])
        if matches is None
        else matches
        for number, (paper, matches) in enumerate(zip(papers, own, strict=True))
    ]


@cache
def _preset_program() -> tuple[list[str], Program, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The shipped queries as one program, and the number of each."""
    program = Program()
    numbers = [program.add(query.root) for query in preset_queries().values()]
    return list(preset_queries()), program, np.array(numbers, np.int64)
