"""Queries built from what a reader enters in a form: whom they follow, and what they leave out."""

import re
from collections.abc import Sequence

from digest.matching import Field, QuerySyntaxError, Term, parse_query

_QUOTES = re.compile('["“”]')
FOLLOWED = (Field.ORG, Field.AUTHOR)


def query_for(field: Field, name: str) -> str:
    """The query that keeps papers of `name`, as typed; raises `QuerySyntaxError` if it holds no word."""
    query = f'{field}:"{" ".join(_QUOTES.sub(" ", name).split())}"'
    parse_query(query)
    return query


def followed(query: str) -> tuple[Field, str] | None:
    """The field and the name, as typed, that `query` follows, or None for any other query."""
    try:
        root = parse_query(query).root
    except QuerySyntaxError:
        return None
    if isinstance(root, Term) and root.field in FOLLOWED and not root.prefix:
        return root.field, _QUOTES.sub("", query.partition(":")[2]).strip()
    return None


def narrowed(query: str, exclude: Sequence[str], least_upvotes: int) -> str:
    """`query`, save what a query of `exclude` keeps or has fewer upvotes: `(q) upvotes>=50 -(a) -(b)`."""
    if not exclude and not least_upvotes:
        return query
    upvotes = [f"upvotes>={least_upvotes}"] if least_upvotes else []
    return " ".join([f"({query})", *upvotes, *(f"-({text})" for text in exclude)])
