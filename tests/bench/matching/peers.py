"""Two plain ways to match standing queries, over the same parsed queries: rarest term, and brute force."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from digest.lib.jsonl import PlainPaper
from digest.matching import And, Field, Not, Or, Query, Term, Text
from digest.matching.ast import Node
from digest.matching.tokenizer import stem

Pairs = Iterator[tuple[int, int]]  # numbers of a query and of a paper that it keeps


class Document:
    """A paper as the checks need it: what it has in which field, and under which keys it is looked up."""

    def __init__(self, paper: PlainPaper) -> None:
        title, abstract = Text(paper.title), Text(paper.abstract)
        self.sets = {Field.TITLE: frozenset(title.stems), Field.ABSTRACT: frozenset(abstract.stems)}
        self.pairs = {pair for text in (title, abstract) for pair in pairwise(text.stems)}
        forms = {*title.forms, *abstract.forms}
        self.keys = {f"{form[:length]}*" for form in forms for length in range(1, len(form) + 1)}
        self.keys.update(*self.sets.values())


Check = Callable[[Document], bool]


class RarestTerm:
    """The usual percolator: a query waits under its rarest required terms, and is checked when one comes."""

    def __init__(self, queries: Sequence[Query], frequency: Mapping[str, int]) -> None:
        self._checks = [check(query.root) for query in queries]
        self._waiting: dict[str, list[int]] = {}
        for number, query in enumerate(queries):
            for key in _required(query.root, frequency) or ():
                self._waiting.setdefault(key, []).append(number)

    def pairs(self, papers: Iterable[PlainPaper]) -> Pairs:
        for number, document in enumerate(map(Document, papers)):
            candidates = {query for key in document.keys for query in self._waiting.get(key, ())}
            for query in candidates:
                if self._checks[query](document):
                    yield query, number


class BruteForce:
    """Every query on every paper."""

    def __init__(self, queries: Sequence[Query]) -> None:
        self._checks = [check(query.root) for query in queries]

    def pairs(self, papers: Iterable[PlainPaper]) -> Pairs:
        for number, document in enumerate(map(Document, papers)):
            for query, holds in enumerate(self._checks):
                if holds(document):
                    yield query, number


def check(node: Node) -> Check:
    """`node` as a function; for the parts of the language that these sets of queries use."""
    match node:
        case And(parts):
            checks = tuple(map(check, parts))
            return lambda document: all(holds(document) for holds in checks)
        case Or(parts):
            checks = tuple(map(check, parts))
            return lambda document: any(holds(document) for holds in checks)
        case Not(part):
            inner = check(part)
            return lambda document: not inner(document)
        case Term((word,), prefix=True):
            return lambda document: f"{word}*" in document.keys
        case Term((word,), field=None):
            wanted = stem(word)
            return lambda document: wanted in document.keys
        case Term((word,), field=Field() as field):
            wanted = stem(word)
            return lambda document: wanted in document.sets[field]
        case Term((first, second)):
            pair = (stem(first), stem(second))
            return lambda document: pair in document.pairs
    raise NotImplementedError(f"{node} is not compared")


def _required(node: Node, frequency: Mapping[str, int]) -> frozenset[str] | None:
    """Keys of which a paper must have one, as rare as can be; None if it need have none."""
    match node:
        case And(parts):
            found = [keys for part in parts if (keys := _required(part, frequency)) is not None]
            return min(found, key=lambda keys: sum(frequency.get(key, 0) for key in keys), default=None)
        case Or(parts):
            each = [_required(part, frequency) for part in parts]
            return None if None in each else frozenset().union(*filter(None, each))
        case Term(words, prefix=True):
            return frozenset({f"{words[0]}*"})
        case Term(words):
            return frozenset({min(map(stem, words), key=lambda key: frequency.get(key, 0))})
    return None
