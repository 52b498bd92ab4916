"""Offers to look for an abbreviation and what it stands for, where a query names one of them.

Nothing is ever looked for without being asked: an offer is a query that somebody may take.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from digest.matching.ast import And, Field, Node, Or, Query, Term, Weight
from digest.matching.query.lexer import QuerySyntaxError
from digest.matching.query.normalize import gather
from digest.matching.query.parser import parse_query
from digest.matching.tokenizer import stems, words

_ROWS = Path(__file__).with_name("abbreviations.tsv")
_MAIN = 0.8  # of the papers that introduce a short form: what it nearly always means


@dataclass(frozen=True, slots=True)
class Offer:
    """To also look for `other` where a query says `said`; `query` is the text that does."""

    said: str
    other: str
    query: str

    @property
    def key(self) -> str:
        """What tells this offer from others of any query."""
        return f"{self.said}|{self.other}"


class _Form(NamedTuple):
    """A short or long form, and one that may stand for it."""

    said: str
    other: str


_Forms = Mapping[str, Sequence[_Form]]


class _Wider(NamedTuple):
    """A query that also looks for the other form; `simply` if that is one more alternative of the whole."""

    form: _Form
    node: Node
    simply: bool


def offers(text: str) -> tuple[Offer, ...]:
    """What may be added to the query, each short form with every meaning that it has; none if unreadable."""
    read = f" {_stems(text)} "
    said = {form: others for form, others in _forms().items() if f" {form} " in read}
    longest = {
        form for form in said if not any(f" {form} " in f" {other} " for other in said if other != form)
    }
    new = {
        form: [pair for pair in said[form] if f" {_stems(pair.other)} " not in read]
        for form in sorted(longest)
    }
    try:
        root = parse_query(text).root if any(new.values()) else None
    except QuerySyntaxError:
        root = None
    if root is None:
        return ()
    found: dict[_Form, Offer] = {}
    for form, node, simply in _wider(root, new, simply=True):
        if query := _written(text, form, node, simply=simply):
            found.setdefault(form, Offer(*form, query))
    return tuple(found.values())


def _wider(node: Node, new: _Forms, *, simply: bool) -> Iterator[_Wider]:
    """The node with one more alternative, for each that there is. What is left out stays as it is."""
    match node:
        case Term(field=None | Field.TITLE | Field.ABSTRACT, prefix=False):
            for form in new.get(" ".join(stems(node.words)), ()):
                yield _Wider(form, gather(Or, [node, Term(words(form.other), field=node.field)]), simply)
        case Weight(part, factor):
            for form, wider, _ in _wider(part, new, simply=False):
                yield _Wider(form, Weight(wider, factor), simply=False)
        case And(parts) | Or(parts):
            for part in parts:
                for form, wider, inner in _wider(part, new, simply=simply and isinstance(node, Or)):
                    others = [wider if other is part else other for other in parts]
                    yield _Wider(form, gather(type(node), others), inner)
            if isinstance(node, And):
                yield from _spelt_out(node, new, simply=simply)


def _spelt_out(node: And, new: _Forms, *, simply: bool) -> Iterator[_Wider]:
    """The node where some of its clauses are the words of a long form: `mixture of experts`."""
    plain = [
        (part, stems(part.words))
        for part in node.parts
        if isinstance(part, Term) and part.field is None and not part.prefix
    ]
    for form, pairs in new.items():
        wanted = form.split()
        mine = [(part, found) for part, found in plain if set(found) <= set(wanted)]
        if len(mine) < 2 or sorted(stem for _, found in mine for stem in found) != sorted(wanted):
            continue
        clauses = [part for part, _ in mine]
        rest = [part for part in node.parts if part not in clauses]
        for pair in pairs:
            either = gather(Or, [gather(And, [*clauses]), Term(words(pair.other))])
            yield _Wider(pair, gather(And, [either, *rest]), simply and not rest)


@cache
def _forms() -> _Forms:
    """What may be looked for, too, by the stems of a form; a short form for what it nearly always means."""
    found: dict[str, list[_Form]] = {}
    rows = _ROWS.read_text(encoding="utf-8").splitlines()
    for short, long, papers, introduced in (row.split("\t") for row in rows if not row.startswith("#")):
        found.setdefault(_stems(short), []).append(_Form(short, long))
        if int(papers) >= _MAIN * int(introduced):
            found.setdefault(_stems(long), []).append(_Form(long, short))
    return found


def _stems(text: str) -> str:
    return " ".join(stems(words(text)))


def _written(text: str, form: _Form, node: Node, *, simply: bool) -> str:
    """The wider query as its author would write it, if that reads so; else as it is printed."""
    other = form.other if len(words(form.other)) == 1 else f'"{form.other}"'
    parts = r"[\s-]+".join(map(re.escape, re.split(r"[\s-]", form.said)))
    said = re.compile(rf'(?<![\w":*-]){parts}s?(?![\w":*^-])', re.IGNORECASE)
    within = said.sub(lambda found: f"({found[0]} OR {other})", text)
    for query in ([f"{text.strip()} OR {other}"] if simply else []) + [within, str(node)]:
        try:
            if parse_query(query) == Query(node):
                return query
        except QuerySyntaxError:
            continue
    return ""
