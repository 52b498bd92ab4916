"""An index of papers: their token graph and numbers, against which many queries are matched at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Number
from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.index.token_graph import TokenGraph
from digest.matching.paper import OPERATORS, PaperText, text_sources

_UNKNOWN = np.iinfo(np.int64).min
_LARGEST = 2**62


@dataclass(frozen=True)
class Index:
    """What matching needs of `count` papers, which are numbered from 0.

    `numbers` has a value for each paper, days as ordinals, the smallest of all integers where nothing is
    known. `topics` are the slugs of the preset topics with the papers that belong, if somebody asks.
    """

    count: int
    graph: TokenGraph
    numbers: Mapping[Number, NDArray[np.int64]]
    topics: Mapping[str, NDArray[np.bool_]]

    @classmethod
    def of(cls, papers: Sequence[PaperText]) -> "Index":
        """The index of papers; their topics are not looked up."""
        numbers = {number: _column(papers, number) for number in Number}
        return cls(len(papers), TokenGraph.of(map(text_sources, papers)), numbers, {})

    def compare(self, number: Number, operator: str, value: int | date) -> NDArray[np.bool_]:
        """For each paper whether its number is known and compares so."""
        return compared(self.numbers[number], operator, value)

    @cached_property
    def vectors(self) -> PaperVectors:
        """The vectors of the papers, made when a query first asks which are like another."""
        return PaperVectors.of(self.graph, self.count)


def compared(column: NDArray[np.int64], operator: str, value: int | date) -> NDArray[np.bool_]:
    """For each number of a column of `Index.numbers` whether it is known and compares so."""
    return np.asarray(OPERATORS[operator](column, _plain(value)) & (column != _UNKNOWN))


def _column(papers: Sequence[PaperText], number: Number) -> NDArray[np.int64]:
    found = (getattr(paper, number, None) for paper in papers)
    values = (_UNKNOWN if value is None else min(_plain(value), _LARGEST) for value in found)
    return np.fromiter(values, np.int64, len(papers))


def _plain(value: int | date) -> int:
    return value.toordinal() if isinstance(value, date) else value
