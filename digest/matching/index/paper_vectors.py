"""The vectors of many papers by stem (inverted lists): how like each of them is to one, in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digest.matching.ast import Field
from digest.matching.index.phrase_automaton import Numbers, spread
from digest.matching.index.token_graph import FIELDS, TokenGraph
from digest.matching.ranking.likeness import ALIKE
from digest.matching.ranking.similarity import LEAST_STEMS, TITLE_WEIGHT, Vector, rarity

_COUNTS = {FIELDS.index(Field.TITLE): TITLE_WEIGHT, FIELDS.index(Field.ABSTRACT): 1}


@dataclass(frozen=True)
class PaperVectors:
    """What `digest.matching.ranking.similarity.vector` says of each of `sizes` papers; tests compare the two.

    `rows` numbers the stems; those of row n are the entries from `starts[n]` to `starts[n + 1]` of `papers`
    and `weights`, which were divided by the papers' `lengths`. `sizes` is how many stems each paper has.
    """

    rows: Mapping[str, int]
    starts: NDArray[np.int64]
    papers: Numbers
    weights: NDArray[np.float64]
    lengths: NDArray[np.float64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, graph: TokenGraph, count: int) -> "PaperVectors":
        """The vectors of the `count` papers of a token graph."""
        rows = {stem: number for number, stem in enumerate(rarity())}
        stem, paper, often = counted(graph, count, rows)
        weights = (1 + np.log(often)) * np.fromiter(rarity().values(), np.float64, len(rows))[stem]
        lengths = np.sqrt(np.bincount(paper, weights**2, count))
        starts = np.searchsorted(stem, np.arange(len(rows) + 1))
        sizes = np.bincount(paper, minlength=count)
        return cls(rows, starts, paper.astype(np.int32), weights / lengths[paper], lengths, sizes)

    @classmethod
    def from_counts(
        cls,
        rows: Mapping[str, int],
        starts: NDArray[np.int64],
        papers: Numbers,
        often: NDArray[np.unsignedinteger],
        of_papers: tuple[NDArray[np.float64], NDArray[np.int64]],
    ) -> "PaperVectors":
        """Some stems of vectors: how `often` each of `papers` has them; `lengths`, `sizes` of all."""
        known = rarity()
        rarities = np.array([known[stem] for stem in rows], np.float64)
        lengths, sizes = of_papers
        weights = (1 + np.log(often.astype(np.float64))) * np.repeat(rarities, np.diff(starts))
        return cls(rows, starts, papers, weights / lengths[papers], lengths, sizes)

    def alike(self, vector: Vector) -> Numbers:
        """The papers that are like one, as `digest.matching.ranking.likeness` defines it."""
        if len(vector) < LEAST_STEMS:
            return np.zeros(0, np.int32)
        found = (self.similarities(vector) >= ALIKE) & (self.sizes >= LEAST_STEMS)
        return np.flatnonzero(found).astype(np.int32)

    def similarities(self, vector: Vector) -> NDArray[np.float64]:
        """The cosine of each paper with `vector`, of unit length."""
        wanted = [(self.rows[stem], weight) for stem, weight in vector.items() if stem in self.rows]
        rows = np.array([row for row, _ in wanted], np.int64)
        by_stem, chosen = spread(self.starts[rows], self.starts[rows + 1])
        shares = np.array([weight for _, weight in wanted], np.float64)[by_stem] * self.weights[chosen]
        return np.asarray(np.bincount(self.papers[chosen], shares, len(self.sizes)), np.float64)


def counted(
    graph: TokenGraph, count: int, rows: Mapping[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """For each stem of a token graph, by its number in `rows`, the papers that have it, how often."""
    stem_of = np.append(graph.stems.find(rows)[graph.stem_of], np.int32(-1))
    stems = stem_of[graph.words]  # -1 for the end of a text, too
    times = np.array([_COUNTS.get(field, 0) for field in range(len(FIELDS))], np.int64)
    counts = times[graph.text_fields[graph.texts]] if len(graph.text_fields) else np.zeros(0, np.int64)
    used = np.flatnonzero((stems >= 0) & (counts > 0))
    keys = stems[used].astype(np.int64) * count + graph.text_papers[graph.texts[used]]
    entries, entry_of = np.unique(keys, return_inverse=True)
    stem, paper = np.divmod(entries, count or 1)
    return stem, paper, np.bincount(entry_of, counts[used], len(entries)).astype(np.int64)
