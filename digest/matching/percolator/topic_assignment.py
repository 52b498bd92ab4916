"""Which preset topics papers belong to: what the model weighs, and the votes of the shipped queries."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from digest.matching.ast import Field
from digest.matching.index.paper_index import Index
from digest.matching.paper import PaperText
from digest.matching.percolator.bitset_program import Program
from digest.matching.query.shipped_topics import preset_queries
from digest.matching.reasons import Reason
from digest.matching.topics.classifier import Belonging, preset_topics
from digest.matching.topics.model_version import version

Belongings = Mapping[str, Belonging]


def index_of(papers: Sequence[PaperText], *, topics: bool = True) -> Index:
    """The index of papers, with the topics they belong to unless nobody asks."""
    index = Index.of(papers)
    if not topics:
        return index
    weighed = _weighed(papers, index)
    kept = {
        slug: np.fromiter((slug in belonging for belonging in weighed), np.bool_, len(papers))
        for slug in {slug for belonging in weighed for slug in belonging}
    }
    return replace(index, topics=kept)


def belongings(papers: Sequence[PaperText]) -> list[Belongings]:
    """The preset topics that each paper belongs to, strongest first."""
    return _weighed(papers, Index.of(papers))


def _weighed(papers: Sequence[PaperText], index: Index) -> list[Belongings]:
    """A paper's own `belongings` where it has them: they depend on nothing but its words."""
    own: list[Belongings | None] = [getattr(paper, "belongings", None) for paper in papers]
    known = [belongings for belongings in own if belongings is not None]
    if len(known) == len(papers):
        return known
    slugs, program, numbers = _voters()
    votes = np.unpackbits(program.run(index, numbers).view(np.uint8), axis=1, bitorder="little")
    return [
        preset_topics().classify(paper, kept_by=[slugs[n] for n in np.flatnonzero(votes[:, number])])
        if weighed is None
        else weighed
        for number, (paper, weighed) in enumerate(zip(papers, own, strict=True))
    ]


def packed(belongings: Belongings, paper: PaperText) -> dict[str, Any]:
    """The belongings of a paper as plain values, for `unpacked`."""
    return {
        "of": _weighed_words(paper),
        "topics": [
            [slug, found.score, found.strength, [[r.field, r.start, r.end] for r in found.reasons]]
            for slug, found in belongings.items()
        ],
    }


def unpacked(stored: Mapping[str, Any] | None, paper: PaperText) -> Belongings | None:
    """What was `packed`; None if it was by another model, or of other words than the paper has now."""
    if stored is None or stored["of"] != _weighed_words(paper):
        return None
    return {
        slug: Belonging(score, strength, tuple(_reason(paper, *reason) for reason in reasons))
        for slug, score, strength, reasons in stored["topics"]
    }


def _reason(paper: PaperText, field: str, start: int, end: int) -> Reason:
    return Reason(Field(field), getattr(paper, field)[start:end], start, end)


def _weighed_words(paper: PaperText) -> str:
    """Stands for the words of the paper and for what weighs them."""
    words = f"{version()}\0{paper.title}\0{paper.abstract}".encode(errors="surrogatepass")
    return hashlib.blake2b(words, digest_size=12).hexdigest()


@cache
def _voters() -> tuple[list[str], Program, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The shipped queries as one program, and the number of each."""
    program = Program()
    numbers = [program.add(query.root) for query in preset_queries().values()]
    return list(preset_queries()), program, np.array(numbers, np.int64)
