"""Where many terms stand in the papers of an index, found for all of them in one pass."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from digest.matching.ast import Field, Term
from digest.matching.index.paper_index import Index
from digest.matching.index.phrase_automaton import PhraseAutomaton
from digest.matching.index.token_graph import FIELDS
from digest.matching.percolator.phrase_matcher import PhraseMatcher
from digest.matching.ranking.term_positions import Position


class Place(NamedTuple):
    """Where a term stands: a field, which of its texts, and the words there."""

    field: Field
    text: int
    position: Position


class PaperPlaces:
    """Where terms stand in one paper."""

    def __init__(self, numbers: Mapping[Term, int], places: Mapping[int, Sequence[Place]]) -> None:
        self._numbers, self._places = numbers, places

    def of(self, term: Term) -> Sequence[Place] | None:
        """Where the term stands in any field, in order; None if it was not looked for."""
        number = self._numbers.get(term)
        return None if number is None else self._places.get(number, ())


class TermPlaces:
    """The places of terms in all papers of an index."""

    def __init__(self, index: Index, terms: Iterable[Term]) -> None:
        automaton = PhraseAutomaton()
        self._numbers = {term: automaton.number(term) for term in terms}
        graph = index.graph
        found = PhraseMatcher.scan(graph, automaton).occurrences
        found = found[np.isin(found.terms, np.fromiter(self._numbers.values(), np.int32))]
        found = found[np.lexsort((found.ends, found.starts))]
        texts = graph.texts[found.starts]
        begins = np.concatenate(([0], np.flatnonzero(graph.words == -1) + 1))[texts]
        of_field = graph.text_papers.astype(np.int64) * len(FIELDS) + graph.text_fields
        firsts = np.flatnonzero(np.diff(of_field, prepend=-1))  # the texts of a paper's field stand together
        nth = np.arange(len(of_field)) - np.repeat(firsts, np.diff(firsts, append=len(of_field)))
        self._bounds = np.searchsorted(graph.text_papers[texts], np.arange(index.count + 1))
        self._columns = (
            found.terms,
            graph.text_fields[texts],
            nth[texts],
            found.starts - begins,
            found.ends - begins,
        )

    def of(self, paper: int) -> PaperPlaces:
        """The places in the paper of this number in the index."""
        some = slice(*self._bounds[paper : paper + 2])
        rows = zip(*(column[some].tolist() for column in self._columns), strict=True)
        places: dict[int, list[Place]] = defaultdict(list)
        for term, field, text, start, end in rows:
            places[term].append(Place(FIELDS[field], text, (start, end)))
        return PaperPlaces(self._numbers, places)
