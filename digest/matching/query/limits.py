"""The limits of a query: how long, deep and large it may be, and that it names what papers should contain."""

from digest.lib.messages import deferred
from digest.matching.ast import Node, Query, holds
from digest.matching.query.lexer import QuerySyntaxError
from digest.matching.query.normalize import depth

MAX_LENGTH = 4000
MAX_DEPTH = 20
MAX_TERMS = 200
MAX_WORDS = 50  # of a phrase
MAX_DISTANCE = 50
MAX_COUNT = 2_147_483_647


def require_readable_length(text: str) -> None:
    """Raise `QuerySyntaxError`, before work is put into it, if the text is too long."""
    if len(text) > MAX_LENGTH:
        hint = deferred("At most %(most)s characters; split it into several queries.", most=MAX_LENGTH)
        raise QuerySyntaxError(deferred("The query is too long"), text[:80], 0, hint)


def limited(root: Node, text: str) -> Query:
    """The query of a tree; raises `QuerySyntaxError` if it exceeds a limit, or names nothing to contain.

    As nearly all queries are short, their printed form tells that a limit is far: then none is counted.
    Words are printed in lower case, so that NOT and NEAR are the operators.
    """
    printed = root.text
    if "NOT " in printed and holds(root, lambda _leaf: False):
        raise QuerySyntaxError(
            *(deferred("The query only says what to leave out"), text, 0),
            deferred("Add a word that the papers should contain."),
        )
    query = Query(root)
    if len(printed) < 2 * MAX_DEPTH:  # a level takes two characters at least, a term of many pairs more
        return query
    may_be_large = len(printed) > MAX_TERMS or "NEAR/" in printed
    if may_be_large and query.size > MAX_TERMS:
        hint = deferred(
            "At most %(most)s, and a NEAR counts every pair; split it into several queries.", most=MAX_TERMS
        )
        raise QuerySyntaxError(deferred("Too many terms"), text, 0, hint)
    may_be_deep = printed.count("(") + printed.count("NOT ") >= MAX_DEPTH
    if len(printed) > MAX_LENGTH or (may_be_deep and depth(root) > MAX_DEPTH):
        hint = deferred(
            "At most %(most)s characters, %(levels)s levels; split it into several queries.",
            most=MAX_LENGTH,
            levels=MAX_DEPTH,
        )
        raise QuerySyntaxError(
            deferred("The query is too long with all its fields and brackets"), text, 0, hint
        )
    return query
