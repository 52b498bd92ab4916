"""A reader's own query without one of its clauses: what it then keeps fell one clause short."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.matching.ast import And, Near, Node, Or, Query, Term, Weight


@dataclass(frozen=True, slots=True)
class RelaxedQuery:
    """A query without its clause `missing`; `add` is its text, which a reader could add."""

    missing: str
    query: Query

    @property
    def add(self) -> str:
        return str(self.query)


def relaxations(query: Query) -> Iterator[RelaxedQuery]:
    """The queries that ask for all of `query` but one clause of words (query relaxation).

    Only where another clause of words is left: without any, everything would be kept. What is excluded
    stays excluded, and numbers and topics are not given up: those are no slip of wording.
    """
    if not isinstance(query.root, And):
        return
    parts = query.root.parts
    words = [part for part in parts if _is_words(part)]
    for clause in words if len(words) > 1 else ():
        rest = tuple(part for part in parts if part is not clause)
        yield RelaxedQuery(str(clause), Query(And(rest) if len(rest) > 1 else rest[0]))


def _is_words(node: Node) -> bool:
    match node:
        case Term() | Near():
            return True
        case Weight(part, _):
            return _is_words(part)
        case Or(parts):
            return all(map(_is_words, parts))
    return False
