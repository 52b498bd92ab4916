"""The query language: from text to tree, or to an error that shows the place."""

import math
import re
from datetime import date

from digest.lib.messages import deferred
from digest.matching.ast import And, Compare, Field, Near, Node, Not, Number, Or, Query, Term, Topic
from digest.matching.query.lexer import END, QuerySyntaxError, Tokens, letters
from digest.matching.query.limits import (
    MAX_COUNT,
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
    term_of,
    terms,
    unweighted,
    weighted,
)
from digest.matching.topics.classifier import preset_topics

# Kinds of tokens, as the grammar in lexer.py names them.
_OPERATORS = frozenset({"and", "or", "not", "near"})
_WORDS = frozenset({"word", "and", "or", "not"})
_ENDS = frozenset({END, "close", "or"})  # of what is joined by AND
_NO_CLAUSE = _OPERATORS | {END, "close", "minus", "field"}  # what a field cannot stand before
_PARTS = {"word": ("letters", "star"), "phrase": ("words", "words_star")}


def parse_query(text: str) -> Query:
    """Read a query of the language described in `digest.matching`.

    Raises `QuerySyntaxError` for what cannot be read, is longer than 4,000 characters as written or as
    printed, deeper than 20 levels or larger than 200, or would keep papers that have nothing of what
    it names.
    """
    require_readable_length(text)
    return limited(_Parser(text).parse(), text)


class _Parser(Tokens):
    """Recursive descent over tokens; each method reads one rule and leaves the rest."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.leaving_out = False

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
        return gather(Or, parts)

    def both(self, field: Field | None) -> Node:
        parts = [self.one(field)]
        while self.kind not in _ENDS:
            if self.kind == "and":
                self.take()
            parts.append(self.one(field))
        return gather(And, parts)

    def one(self, field: Field | None) -> Node:
        if self.kind == END:
            raise self.nothing_left()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(
                deferred("Too many brackets inside each other"),
                deferred("At most %(most)s levels.", most=MAX_DEPTH),
            )
        node = self.negation(field) if self.kind in {"minus", "not"} else self.nearby(field)
        self.depth -= 1
        return node

    def negation(self, field: Field | None) -> Node:
        self.take()
        self.leaving_out = not self.leaving_out
        node = unweighted(self.one(field))
        self.leaving_out = not self.leaving_out
        return node.part if isinstance(node, Not) else Not(node)

    def nearby(self, field: Field | None) -> Node:
        left = self.weighted(field)
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
        right = self.weighted(field)
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

    def weighted(self, field: Field | None) -> Node:
        node = self.primary(field)
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
        if kind in _PARTS:
            return self.term(field)
        if kind == "open":
            return self.group(field)
        if kind == "field":
            return self.in_field()
        if kind == "comparison":
            return self.comparison()
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
        if name == Number.DAY and self.kind in _WORDS:
            follower = self.take()
            return Compare(Number.DAY, "=", self.day(follower, letters(follower)))
        if name == "topic" and self.kind in _WORDS:
            return self.topic(self.take())
        if name not in list(Field):
            known = ", ".join(f"{field}:" for field in (*Field, "topic", Number.DAY))
            problem = deferred("There is no field “%(name)s”", name=token["name"])
            raise self.error_at(token, problem, deferred("The fields are %(known)s", known=known))
        if self.kind in _NO_CLAUSE:
            hint = deferred("Write %(name)s:word or %(name)s:(several words).", name=name)
            raise self.error(deferred("“%(name)s:” needs a word", name=name), hint)
        return self.primary(Field(name))

    def topic(self, token: re.Match[str]) -> Node:
        slug = letters(token).lower()
        known = sorted(preset_topics().biases)
        if slug not in known:
            hint = deferred("The topics are %(known)s.", known=", ".join(known))
            raise self.error_at(token, deferred("There is no topic “%(name)s”", name=slug), hint)
        return Topic(slug)

    def comparison(self) -> Node:
        token = self.token
        name = token["compared"].lower()
        if name not in list(Number):
            hint = deferred("What can be compared: %(known)s.", known=", ".join(Number))
            raise self.error(deferred("There is no number “%(name)s”", name=token["compared"]), hint)
        self.take()
        if name == Number.DAY:
            return Compare(Number.DAY, token["operator"], self.day(token, token["value"]))
        if not token["value"].isdecimal() or int(token["value"]) > MAX_COUNT:
            problem = deferred("“%(name)s” is compared with a number", name=name)
            raise self.error_at(token, problem, deferred("Write %(name)s>=50.", name=name))
        return Compare(Number(name), token["operator"], int(token["value"]))

    def day(self, token: re.Match[str], text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            hint = deferred("Write day>=2025-11-05, year first.")
            raise self.error_at(token, deferred("This is not a day"), hint) from None

    def group(self, field: Field | None) -> Node:
        opening = self.take()
        if self.kind == "close":
            raise self.error(
                deferred("There is nothing between the brackets"),
                deferred("Put words there, or remove them."),
            )
        node = self.either(field)
        if self.kind == END:
            raise self.error_at(opening, deferred("This bracket is never closed"), deferred("Add “)”."))
        self.take()
        return node

    def term(self, field: Field | None) -> Node:
        body, star = self.token.group(*_PARTS[self.kind])
        if body.endswith("2") and (pair := self.with_next()):
            self.take()
            body = pair
        term = term_of(body, star, field)
        if not term.words:
            sign = self.token.group(self.kind)
            raise self.error(
                deferred("“%(sign)s” holds no word", sign=sign), deferred("Use letters or digits.")
            )
        if len(term.words) > MAX_WORDS:
            hint = deferred("At most %(most)s words; use a part of it.", most=MAX_WORDS)
            raise self.error(deferred("The phrase is too long"), hint)
        self.take()
        return left_out(term) if self.leaving_out else term
