"""The papers that digests up to one release are selected from: each read, split into words and indexed once.

Windows share what they share: a week to a reader's last digest, or the month of one back from a pause, mostly
has papers that other windows have, too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from copy import copy
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from digest.matching.index.joining import Part, joined
from digest.matching.index.neighbours import Neighbours
from digest.matching.index.paper_index import Index
from digest.matching.index.paper_vectors import PaperVectors
from digest.matching.percolator.topic_assignment import strengths_of
from digest.matching.ranking.also_written import AlsoWritten
from digest.matching.ranking.similarity import LEAST_STEMS, NEAR_DUPLICATE, Vector, similarity, vector
from digest.models import Paper, Revision
from digest.selection.wording import Words

_ROUNDING = 1e-9
_VECTORS = 10_000  # remembered: 100 MB
Topics = Mapping[str, NDArray[np.float64]]  # how strongly papers belong to them


class Pool:
    """Papers as they were at the release `through`, with their words; it grows as they are asked for."""

    def __init__(self, through: int) -> None:
        self.through = through
        self.papers: dict[int, Paper] = {}
        self.also_written: AlsoWritten[int] = AlsoWritten()
        self._places: dict[int, int] = {}  # in the index, which has them in the order of `_numbers`
        self._numbers: list[int] = []
        self._alike: dict[int, frozenset[int]] = {}
        self._index: Index | None = None
        self._topics: dict[str, NDArray[np.float64]] = {}
        self.words = Words(self)
        self._vector = lru_cache(maxsize=_VECTORS)(lambda pk: vector(self.papers[pk]))

    def read(self, numbers: Iterable[int]) -> None:
        """Read those of these papers that are not there yet."""
        missing = list(dict.fromkeys(pk for pk in numbers if pk not in self.papers))
        if missing:
            stored = Paper.objects.in_bulk(missing)
            self.add([with_values(stored[pk], self._later.get(pk, {})) for pk in missing if pk in stored])

    def add(self, papers: Collection[Paper]) -> None:
        """Add papers that are not there yet, as they are."""
        if not papers:
            return
        index = Index.of(list(papers))
        topics = strengths_of(list(papers), index)
        known = len(self._numbers)
        for slug in self._topics.keys() | topics.keys():
            before = self._topics.get(slug, np.zeros(known))
            self._topics[slug] = np.concatenate((before, topics.get(slug, np.zeros(index.count))))
        self._numbers += [paper.pk for paper in papers]
        self._places |= {paper.pk: known + place for place, paper in enumerate(papers)}
        self._alike.clear()
        self.__dict__.pop("_neighbours", None)
        self._index = joined([_all(self._index), _all(index)]) if self._index else index
        new = {paper.pk: paper for paper in papers}
        self.papers |= new
        self.also_written.add(new)

    def indexed(self, numbers: Collection[int]) -> tuple[list[int], Index, Topics]:
        """Those papers in the order of their index, that index, and how strongly they belong to topics."""
        wanted = np.zeros(len(self._places), np.bool_)
        wanted[[self._places[pk] for pk in numbers]] = True
        in_order = sorted(numbers, key=self._places.__getitem__)
        if self._index is None:
            return [], Index.of([]), {}
        index = self._index if wanted.all() else joined([(self._index, wanted)])
        return in_order, index, {slug: strengths[wanted] for slug, strengths in self._topics.items()}

    def __contains__(self, pk: object) -> bool:
        return pk in self.papers

    def vector(self, pk: int) -> Vector:
        """The vector of one of the papers."""
        return self._vector(pk)

    def alike(self, pk: int) -> frozenset[int]:
        """The papers that are much like this one."""
        if pk not in self._alike:
            place = self._places[pk]
            similarities = self._neighbours.similarities(place)
            self._alike[pk] = frozenset(
                other
                for found in np.flatnonzero(similarities >= NEAR_DUPLICATE - _ROUNDING).tolist()
                if (other := self._numbers[found]) != pk and self._are_alike(pk, other, similarities[found])
            )
        return self._alike[pk]

    def _are_alike(self, one: int, other: int, about: float) -> bool:
        a, b = self._vector(one), self._vector(other)
        if min(len(a), len(b)) < LEAST_STEMS:
            return False
        return about > NEAR_DUPLICATE + _ROUNDING or similarity(a, b) >= NEAR_DUPLICATE

    @cached_property
    def _neighbours(self) -> Neighbours:
        assert self._index
        return Neighbours(PaperVectors.of(self._index.graph, self._index.count))

    @cached_property
    def _later(self) -> Mapping[int, Mapping[str, Any]]:
        """What papers said at the release `through`, as far as later ones changed it."""
        return undoing(Revision.objects.filter(release__gt=self.through))


def _all(index: Index) -> Part:
    return index, np.ones(index.count, np.bool_)


def undoing(revisions: QuerySet[Revision]) -> dict[int, dict[str, Any]]:
    """What each paper said before these revisions, as far as they changed it."""
    before: dict[int, dict[str, Any]] = defaultdict(dict)
    for paper, values in revisions.order_by("-release_id").values_list("paper_id", "before"):
        before[paper] |= values
    return before


def with_values(paper: Paper, values: Mapping[str, Any]) -> Paper:
    """The paper with these values, to look at only."""
    if not values:
        return paper
    other = copy(paper)
    for name, value in values.items():
        setattr(other, name, value)
    return other
