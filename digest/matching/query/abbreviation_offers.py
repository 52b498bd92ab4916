"""Offers to look for an abbreviation and what it stands for, where a query names one of them.

Nothing is ever looked for without being asked: an offer is a query that somebody may take.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from digest.matching.ast import ANYWHERE, And, Node, Or, Query, Term, Weight
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


class _Wider(NamedTuple):
    """A query that also looks for the other form; `simply` if that is one more alternative of the whole."""

    form: _Form
    node: Node
    simply: bool


def offers(text: str) -> tuple[Offer, ...]:
    """What may be added to the query, each short form with every meaning that it has; none if unreadable."""
    try:
        root = parse_query(text).root
    except QuerySyntaxError:
        return ()
    read = " ".join(stems(words(text)))
    wider = [each for each in _wider(root, simply=True) if _is_new(each.form, read)]
    said = [_stems(form.said) for form, _, _ in wider]
    found: dict[_Form, Offer] = {}
    for form, node, simply in wider:
        within_another = any(_stems(form.said) in other and _stems(form.said) != other for other in said)
        if not within_another and (query := _written(text, form, node, simply=simply)):
            found.setdefault(form, Offer(*form, query))
    return tuple(found.values())


def _is_new(form: _Form, read: str) -> bool:
    """Whether the one form stands side by side in the stems of a text, and the other does not."""
    said, other = (f" {_stems(each)} " in f" {read} " for each in form)
    return said and not other


@cache
def _stems(form: str) -> str:
    return " ".join(stems(words(form)))


def _wider(node: Node, *, simply: bool) -> Iterator[_Wider]:
    """The node with one more alternative, for each that there is. What is left out stays as it is."""
    match node:
        case Term():
            forms = _forms().get(tuple(stems(node.words)), ()) if _may_widen(node) else ()
            for form in forms:
                yield _Wider(form, gather(Or, [node, Term(words(form.other), field=node.field)]), simply)
        case Weight(part, factor):
            for form, wider, _ in _wider(part, simply=False):
                yield _Wider(form, Weight(wider, factor), simply=False)
        case And(parts) | Or(parts):
            for part in parts:
                for form, wider, inner in _wider(part, simply=simply and isinstance(node, Or)):
                    others = [wider if other is part else other for other in parts]
                    yield _Wider(form, gather(type(node), others), inner)
            if isinstance(node, And):
                yield from _spelt_out(node, simply=simply)


def _spelt_out(node: And, *, simply: bool) -> Iterator[_Wider]:
    """The node where its words, in any order, are those of a long form: `mixture of experts`."""
    plain = [
        (part, stems(part.words))
        for part in node.parts
        if isinstance(part, Term) and part.field is None and not part.prefix
    ]
    for long, forms in _forms().items():
        mine = [part for part, found in plain if set(found) <= set(long)]
        if len(mine) < 2 or sorted(stems([word for part in mine for word in part.words])) != sorted(long):
            continue
        for form in forms:
            alone = gather(Or, [gather(And, [*mine]), Term(words(form.other))])
            rest = [part for part in node.parts if part not in mine]
            yield _Wider(form, gather(And, [alone, *rest]) if rest else alone, simply and not rest)


def _may_widen(term: Term) -> bool:
    return not term.prefix and (term.field is None or term.field in ANYWHERE)


@cache
def _forms() -> dict[tuple[str, ...], list[_Form]]:
    """What may be looked for, too, by the stems of each form; a short form for what it nearly always means."""
    found: dict[tuple[str, ...], list[_Form]] = {}
    rows = _ROWS.read_text(encoding="utf-8").splitlines()
    for short, long, papers, introduced in (row.split("\t") for row in rows if not row.startswith("#")):
        found.setdefault(tuple(stems(words(short))), []).append(_Form(short, long))
        if int(papers) >= _MAIN * int(introduced):
            found.setdefault(tuple(stems(words(long))), []).append(_Form(long, short))
    return found


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
