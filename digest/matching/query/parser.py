"""The query language: from text to tree, or to an error that shows the place."""

import math
import re
from dataclasses import replace
from functools import lru_cache

from digest.lib.messages import deferred
from digest.matching.ast import And, Compare, Field, Near, Node, Not, Number, Or, Query, Term
from digest.matching.query.lexer import (
    END,
    TERMS,
    QuerySyntaxError,
    Tokens,
    known_tokens,
    letters,
    to_between,
    tokens,
)
from digest.matching.query.limits import (
    MAX_DEPTH,
    MAX_DISTANCE,
    MAX_WORDS,
    limited,
    require_readable_length,
)
from digest.matching.query.normalize import (
    LEAST_WEIGHT,
    MOST_WEIGHT,
    gather,
    left_out,
    terms,
    unweighted,
    weighted,
)
from digest.matching.query.values import comparison, day, like, topic

# Kinds of tokens, as the grammar in lexer.py names them.
_OPERATORS = frozenset({"and", "or", "not", "near"})
_WORDS = frozenset({"word", "and", "or", "not"})
_ENDS = frozenset({END, "close", "or"})  # of what is joined by AND
_NO_CLAUSE = _OPERATORS | {END, "close", "minus", "field", "like"}  # what a field cannot stand before
_FIELDS = {str(field): field for field in Field}
_NOT = frozenset({"minus", "not"})
_BINDS = frozenset({"near", "weight"})  # a term before it to what comes next, or to itself


def parse_query(text: str) -> Query:
    """Read a query of the language described in `digest.matching`.

    Raises `QuerySyntaxError` for what cannot be read, is longer than 4,000 characters as written or as
    printed, deeper than 20 levels or larger than 200, or would keep papers that have nothing of what
    it names.
    """
    require_readable_length(text)
    try:
        root = _Parser(text, known_tokens(text)).parse()
    except QuerySyntaxError:
        root = _Parser(text, tokens(text)).parse()  # now with the places, one of which the error shows
    return limited(root, text)


class _Parser(Tokens):
    """Recursive descent over tokens; each method reads one rule and leaves the rest."""

    depth = 1  # of brackets and NOT around the next token, and one
    leaving_out = False  # by the NOT around the next token

    def parse(self) -> Node:
        if self.kind == END:
            hint = deferred("Type a word, such as quantization.")
            raise QuerySyntaxError(deferred("The query is empty"), self.text, 0, hint)
        node = self.either(None)
        if self.kind != END:
            raise self.error(
                deferred("This bracket was never opened"), deferred("Remove it, or add “(” before.")
            )
        return node

    def either(self, field: Field | None) -> Node:
        parts = [self.both(field)]
        while self.kind == "or":
            self.take()
            parts.append(self.both(field))
        return gather(Or, parts) if len(parts) > 1 else parts[0]

    def both(self, field: Field | None) -> Node:
        parts = [self.one(field)]
        while self.kind not in _ENDS:
            if self.kind == "and":
                self.take()
            parts.append(self.one(field))
        return gather(And, parts) if len(parts) > 1 else parts[0]

    def one(self, field: Field | None) -> Node:
        if self.kind in TERMS:
            term = self.one_term(field)
            return self.nearby(term, field) if self.kind in _BINDS else term
        if self.kind in _NOT:
            return self.negation(field)
        if self.kind == END:
            raise self.nothing_left()
        return self.nearby(self.primary(field), field)

    def negation(self, field: Field | None) -> Node:
        self.take()
        self.enter()
        self.leaving_out = not self.leaving_out
        node = unweighted(self.one(field))
        self.leaving_out = not self.leaving_out
        self.depth -= 1
        return node.part if isinstance(node, Not) else Not(node)

    def enter(self) -> None:
        """Count a level of brackets and NOT; the caller takes it back."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(
                deferred("Too many brackets inside each other"),
                deferred("At most %(most)s levels.", most=MAX_DEPTH),
            )

    def nearby(self, first: Node, field: Field | None) -> Node:
        left = self.weighted(first)
        if self.kind != "near":
            return left
        distance = self.token["distance"]
        if not distance or not 1 <= int(distance) <= MAX_DISTANCE:
            hint = deferred("Write NEAR/5; it can be 1 to %(most)s words.", most=MAX_DISTANCE)
            raise self.error(deferred("NEAR needs a distance"), hint)
        token = self.take()
        if self.kind == END or self.kind in _OPERATORS:
            raise self.error(
                deferred("NEAR needs something on both sides"), deferred("Write a word or phrase after it.")
            )
        right = self.weighted(self.primary(field))
        return self.near(token, terms(left), terms(right), int(distance))

    def near(
        self, token: re.Match[str], left: tuple[Term, ...], right: tuple[Term, ...], distance: int
    ) -> Node:
        if not left or not right:
            raise self.error_at(
                token,
                deferred("NEAR stands between words or phrases"),
                deferred("Alternatives may be in brackets: (a OR b) NEAR/5 c."),
            )
        if len({term.field for term in left + right}) > 1:
            raise self.error_at(
                token,
                deferred("NEAR looks within one text"),
                deferred("Use the same field on both sides, or none."),
            )
        if self.kind == "near":
            raise self.error(
                deferred("Two NEARs cannot share a word"), deferred("Write (a NEAR/5 b) (b NEAR/5 c).")
            )
        left, right = sorted((left, right), key=lambda side: [str(term) for term in side])
        return Near(left, right, distance)

    def weighted(self, node: Node) -> Node:
        if self.kind != "weight":
            return node
        try:
            factor = float(self.token["factor"])
        except ValueError:
            factor = math.nan
        if not LEAST_WEIGHT <= factor <= MOST_WEIGHT:
            hint = deferred(
                "Write ^2; it can be %(least)s to %(most)s.", least=LEAST_WEIGHT, most=MOST_WEIGHT
            )
            raise self.error(deferred("A weight is a number"), hint)
        self.take()
        return weighted(node, factor)

    def primary(self, field: Field | None) -> Node:
        kind = self.kind
        if kind in TERMS:
            return self.one_term(field)
        if kind == "open":
            return self.group(field)
        if kind == "field":
            return self.in_field()
        if kind == "comparison":
            return comparison(self)
        if kind == "like":
            return like(self)
        sign = self.token.group(kind)
        if kind in _OPERATORS:
            problem = deferred("“%(operator)s” needs something on both sides", operator=sign.upper())
            raise self.error(problem, deferred("Put a word on each side."))
        if kind == "quote":
            raise self.error(deferred("This quotation mark is never closed"), deferred("Add the second one."))
        problem = deferred("“%(sign)s” is not expected here", sign=sign)
        raise self.error(problem, deferred('Use words, "phrases" and AND, OR, NOT.'))

    def in_field(self) -> Node:
        token = self.take()
        name = token["name"].lower()
        if name in _FIELDS and self.kind not in _NO_CLAUSE:
            return self.primary(_FIELDS[name])
        if name == Number.DAY and self.kind in _WORDS:
            follower = self.take()
            return Compare(Number.DAY, "=", day(self, follower, letters(follower)))
        if name == "topic" and self.kind in _WORDS:
            return topic(self)
        if name not in _FIELDS:
            known = ", ".join(f"{field}:" for field in (*Field, "topic", "like", Number.DAY))
            problem = deferred("There is no field “%(name)s”", name=token["name"])
            raise self.error_at(token, problem, deferred("The fields are %(known)s", known=known))
        hint = deferred("Write %(name)s:word or %(name)s:(several words).", name=name)
        raise self.error(deferred("“%(name)s:” needs a word", name=name), hint)

    def group(self, field: Field | None) -> Node:
        opening = self.take()
        if self.kind == "close":
            raise self.error(
                deferred("There is nothing between the brackets"),
                deferred("Put words there, or remove them."),
            )
        self.enter()
        node = self.either(field)
        if self.kind == END:
            raise self.error_at(opening, deferred("This bracket is never closed"), deferred("Add “)”."))
        self.depth -= 1
        self.take()
        return node

    def one_term(self, field: Field | None) -> Node:
        term = self.term
        assert term is not None
        if not 0 < len(term.words) <= MAX_WORDS:
            raise self.no_term(term)
        token = self.take()
        if self.kind == "word" and token.group().endswith("2") and (pair := to_between(token, self.token)):
            self.take()
            term = pair
        if self.leaving_out:
            term = left_out(term)
        return term if field is None else _in_field(term, field)

    def no_term(self, term: Term) -> QuerySyntaxError:
        if term.words:
            hint = deferred("At most %(most)s words; use a part of it.", most=MAX_WORDS)
            return self.error(deferred("The phrase is too long"), hint)
        problem = deferred("“%(sign)s” holds no word", sign=self.token.group())
        return self.error(problem, deferred("Use letters or digits."))


@lru_cache(maxsize=30_000)
def _in_field(term: Term, field: Field) -> Term:
    """The term looked for there. Many queries name the same ones, which then exist once."""
    return replace(term, field=field)
