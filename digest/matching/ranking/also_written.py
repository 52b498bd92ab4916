"""What papers introduce as short for something, or as what that is short for: they may use either form."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Generic, TypeVar

from digest.matching.abbreviations import definitions
from digest.matching.ast import Field, Term
from digest.matching.paper import PaperText
from digest.matching.ranking.term_positions import positions
from digest.matching.tokenizer import Text, stem, words

K = TypeVar("K", bound=Hashable)
_REMEMBERED = 200  # texts
_split = lru_cache(maxsize=_REMEMBERED)(Text)


def introduced(paper: PaperText) -> list[tuple[tuple[str, ...], Term]]:
    """What a paper introduces: the stems of one form and the other form, in both directions."""
    found = chain(definitions(paper.title), definitions(paper.abstract))
    pairs = sorted({(words(short), words(long)) for short, long in found})
    both = (pair for one, other in pairs for pair in ((one, other), (other, one)))
    return [(tuple(map(stem, one)), Term(other)) for one, other in both]


def may_be_written_otherwise(term: Term) -> bool:
    """Whether another form of the term is one, too, where the paper says so."""
    return not term.prefix and term.field in {None, Field.TITLE, Field.ABSTRACT}


class AlsoWritten(Generic[K]):
    """Where papers, under the caller's keys, have the other form of a term; looked for when asked."""

    def __init__(self) -> None:
        self._papers: dict[K, PaperText] = {}
        self._others: dict[tuple[str, ...], list[tuple[K, Term]]] = defaultdict(list)
        self._found: dict[tuple[str, ...], list[tuple[K, Field]]] = {}

    def add(self, papers: Mapping[K, PaperText]) -> None:
        self._found.clear()
        for key, paper in papers.items():
            for stems, other in introduced(paper):
                self._others[stems].append((key, other))
                self._papers[key] = paper

    @property
    def terms(self) -> set[Term]:
        """All other forms of whatever terms."""
        return {other for others in self._others.values() for _, other in others}

    def fields(self, term: Term) -> Iterator[tuple[K, Field]]:
        """The papers that have another form of the term, and the fields of it that the term is sought in."""
        if not self._others or not may_be_written_otherwise(term):
            return
        stems = tuple(map(stem, term.words))
        if stems not in self._others:
            return
        if stems not in self._found:
            self._found[stems] = list(self._look(stems))
        yield from ((key, field) for key, field in self._found[stems] if field in term.fields)

    def _look(self, stems: tuple[str, ...]) -> Iterator[tuple[K, Field]]:
        for key, other in self._others[stems]:
            paper = self._papers[key]
            for field, source in ((Field.TITLE, paper.title), (Field.ABSTRACT, paper.abstract)):
                if any(True for _ in positions(other, _split(source))):
                    yield key, field
