"""Which of many papers are much like one of them: found in one pass over the lists of its stems."""

import numpy as np
from numpy.typing import NDArray

from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.index.phrase_automaton import spread


class Neighbours:
    """The papers of an index, as their vectors tell which are alike."""

    def __init__(self, vectors: PaperVectors) -> None:
        self._vectors = vectors
        self._in_order = np.argsort(vectors.papers, kind="stable")
        self._firsts = np.searchsorted(vectors.papers[self._in_order], np.arange(len(vectors.sizes) + 1))
        self._stems = np.repeat(np.arange(len(vectors.starts) - 1), np.diff(vectors.starts))

    def similarities(self, paper: int) -> NDArray[np.float64]:
        """The cosine of each paper with this one, but for what rounding differs by."""
        vectors = self._vectors
        own = self._in_order[self._firsts[paper] : self._firsts[paper + 1]]
        stems = self._stems[own]
        of_own, chosen = spread(vectors.starts[stems], vectors.starts[stems + 1])
        shares = vectors.weights[own][of_own] * vectors.weights[chosen]
        return np.asarray(np.bincount(vectors.papers[chosen], shares, len(vectors.sizes)), np.float64)
