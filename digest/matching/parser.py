"""The query language: from text to tree, or to an error that shows the place."""

import math
import re
from datetime import date

from digest.matching.canonical import LEAST_WEIGHT, MOST_WEIGHT, depth, gather, terms, unweighted, weighted
from digest.matching.query import And, Compare, Field, Near, Node, Not, Number, Or, Query, Term, Topic, holds
from digest.matching.text import words
from digest.matching.tokens import QuerySyntaxError, tokens
from digest.matching.topics import preset_topics

MAX_LENGTH = 4000
MAX_DEPTH = 20
MAX_TERMS = 200
MAX_WORDS = 50  # of a phrase
MAX_DISTANCE = 50
MAX_COUNT = 2_147_483_647


def parse_query(text: str) -> Query:
    """Read a query of the language described in `digest.matching`.

    Raises `QuerySyntaxError` for what cannot be read, is longer than 4,000 characters as written or as
    printed, deeper than 20 levels or larger than 200, or would keep papers that have nothing of what
    it names.
    """
    if len(text) > MAX_LENGTH:
        hint = f"At most {MAX_LENGTH} characters; split it into several queries."
        raise QuerySyntaxError("The query is too long", text[:80], 0, hint)
    root = _Parser(text).parse()
    if holds(root, lambda _: False):
        raise QuerySyntaxError(
            "The query only says what to leave out", text, 0, "Add a word that the papers should contain."
        )
    query = Query(root)
    if query.size > MAX_TERMS:
        hint = f"At most {MAX_TERMS}, and a NEAR counts every pair; split it into several queries."
        raise QuerySyntaxError("Too many terms", text, 0, hint)
    if depth(root) > MAX_DEPTH or len(str(root)) > MAX_LENGTH:
        hint = f"At most {MAX_LENGTH} characters, {MAX_DEPTH} levels; split it into several queries."
        raise QuerySyntaxError("The query is too long with all its fields and brackets", text, 0, hint)
    return query


class _Parser:
    """Recursive descent over tokens; each method reads one rule and leaves the rest."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next = 0
        self.depth = 0

    def parse(self) -> Node:
        if not self.tokens:
            raise QuerySyntaxError("The query is empty", self.text, 0, "Type a word, such as quantization.")
        node = self.either(None)
        if self.next < len(self.tokens):
            raise self.error("This bracket was never opened", "Remove it, or add “(” before.")
        return node

    def either(self, field: Field | None) -> Node:
        parts = [self.both(field)]
        while self.word_operator() == "or":
            self.next += 1
            parts.append(self.both(field))
        return gather(Or, parts)

    def both(self, field: Field | None) -> Node:
        parts = [self.one(field)]
        while (token := self.peek()) and not token["close"] and self.word_operator() != "or":
            if self.word_operator() == "and":
                self.next += 1
            parts.append(self.one(field))
        return gather(And, parts)

    def one(self, field: Field | None) -> Node:
        token = self.peek()
        if token is None:
            raise self.error("Something is missing at the end", "Add a word, or remove the last operator.")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("Too many brackets inside each other", f"At most {MAX_DEPTH} levels.")
        negated = bool(token["minus"]) or self.word_operator() == "not"
        node = self.negation(field) if negated else self.nearby(field)
        self.depth -= 1
        return node

    def negation(self, field: Field | None) -> Node:
        self.next += 1
        node = unweighted(self.one(field))
        return node.part if isinstance(node, Not) else Not(node)

    def nearby(self, field: Field | None) -> Node:
        left = self.weighted(field)
        token = self.peek()
        if token is None or not token["near"]:
            return left
        distance = token["distance"]
        if not distance or not 1 <= int(distance) <= MAX_DISTANCE:
            raise self.error("NEAR needs a distance", f"Write NEAR/5; it can be 1 to {MAX_DISTANCE} words.")
        self.next += 1
        if (follower := self.peek()) is None or follower["near"] or self.word_operator():
            raise self.error("NEAR needs something on both sides", "Write a word or phrase after it.")
        right = self.weighted(field)
        return self.near(token, terms(left), terms(right), int(distance))

    def near(
        self, token: re.Match[str], left: tuple[Term, ...], right: tuple[Term, ...], distance: int
    ) -> Node:
        if not left or not right:
            raise self.error_at(
                token,
                "NEAR stands between words or phrases",
                "Alternatives may be in brackets: (a OR b) NEAR/5 c.",
            )
        if len({term.field for term in left + right}) > 1:
            raise self.error_at(
                token, "NEAR looks within one text", "Use the same field on both sides, or none."
            )
        if (following := self.peek()) and following["near"]:
            raise self.error("Two NEARs cannot share a word", "Write (a NEAR/5 b) (b NEAR/5 c).")
        left, right = sorted((left, right), key=lambda side: [str(term) for term in side])
        return Near(left, right, distance)

    def weighted(self, field: Field | None) -> Node:
        node = self.primary(field)
        token = self.peek()
        if token is None or token["weight"] is None:
            return node
        try:
            factor = float(token["weight"])
        except ValueError:
            factor = math.nan
        if not LEAST_WEIGHT <= factor <= MOST_WEIGHT:
            raise self.error("A weight is a number", f"Write ^2; it can be {LEAST_WEIGHT} to {MOST_WEIGHT}.")
        self.next += 1
        return weighted(node, factor)

    def primary(self, field: Field | None) -> Node:
        token = self.peek()
        if token is None:
            raise self.error("Something is missing at the end", "Add a word, or remove the last operator.")
        if token["field"]:
            return self.in_field(token)
        if token["compared"]:
            return self.comparison(token)
        if token["open"]:
            return self.group(token, field)
        if operator := self.word_operator() or token["near"]:
            raise self.error(
                f"“{operator.upper()}” needs something on both sides", "Put a word on each side."
            )
        if token["quote"]:
            raise self.error("This quotation mark is never closed", "Add the second one.")
        if token["close"] or token["other"] or token["minus"] or token["weight"] is not None:
            raise self.error(
                f"“{token.group()}” is not expected here", 'Use words, "phrases" and AND, OR, NOT.'
            )
        return self.term(token, field)

    def in_field(self, token: re.Match[str]) -> Node:
        name = token["field"].lower()
        self.next += 1
        follower = self.peek()
        if name == Number.DAY and follower and follower["word"]:
            self.next += 1
            return Compare(Number.DAY, "=", self.day(follower, follower["word"]))
        if name == "topic" and follower and follower["word"]:
            self.next += 1
            return self.topic(follower)
        if name not in list(Field):
            known = ", ".join(f"{field}:" for field in (*Field, "topic", Number.DAY))
            raise self.error_at(token, f"There is no field “{token['field']}”", f"The fields are {known}")
        if (
            follower is None
            or self.word_operator()
            or any(follower[kind] for kind in ("close", "minus", "near", "field"))
        ):
            raise self.error(f"“{name}:” needs a word", f"Write {name}:word or {name}:(several words).")
        return self.primary(Field(name))

    def topic(self, token: re.Match[str]) -> Node:
        slug = token["word"].lower()
        known = sorted(preset_topics().biases)
        if slug not in known:
            raise self.error_at(token, f"There is no topic “{slug}”", f"The topics are {', '.join(known)}.")
        return Topic(slug)

    def comparison(self, token: re.Match[str]) -> Node:
        name = token["compared"].lower()
        if name not in list(Number):
            known = ", ".join(Number)
            raise self.error(f"There is no number “{token['compared']}”", f"What can be compared: {known}.")
        self.next += 1
        if name == Number.DAY:
            return Compare(Number.DAY, token["operator"], self.day(token, token["value"]))
        if not token["value"].isdecimal() or int(token["value"]) > MAX_COUNT:
            raise self.error_at(token, f"“{name}” is compared with a number", f"Write {name}>=50.")
        return Compare(Number(name), token["operator"], int(token["value"]))

    def day(self, token: re.Match[str], text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.error_at(token, "This is not a day", "Write day>=2025-11-05, year first.") from None

    def group(self, opening: re.Match[str], field: Field | None) -> Node:
        self.next += 1
        if (token := self.peek()) and token["close"]:
            raise self.error("There is nothing between the brackets", "Put words there, or remove them.")
        node = self.either(field)
        if self.peek() is None:
            raise self.error_at(opening, "This bracket is never closed", "Add “)”.")
        self.next += 1
        return node

    def term(self, token: re.Match[str], field: Field | None) -> Node:
        body: str = token["phrase"] if token["phrase"] is not None else token["word"]
        found = words(body)
        if not found:
            raise self.error(f"“{token.group()}” holds no word", "Use letters or digits.")
        if len(found) > MAX_WORDS:
            raise self.error("The phrase is too long", f"At most {MAX_WORDS} words; use a part of it.")
        self.next += 1
        starred = token["phrase_star"] or token["word_star"] or body.rstrip().endswith("*")
        return Term(found, bool(starred), field)

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def word_operator(self) -> str | None:
        """The operator that comes next. Lower case counts: as words, these three say nothing."""
        token = self.peek()
        word = (token["word"] or "").lower() if token and not token["word_star"] else ""
        return word if word in {"and", "or", "not"} else None

    def error(self, problem: str, hint: str) -> QuerySyntaxError:
        return self.error_at(self.peek(), problem, hint)

    def error_at(self, token: re.Match[str] | None, problem: str, hint: str) -> QuerySyntaxError:
        return QuerySyntaxError(problem, self.text, token.start() if token else len(self.text), hint)
