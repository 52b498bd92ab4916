"""Narrowing: what a reader leaves out of all their filters, in the words of the query language."""

from collections.abc import Sequence


def narrowed(query: str, exclude: Sequence[str], least_upvotes: int) -> str:
    """`query`, save what a query of `exclude` keeps or has fewer upvotes: `(q) upvotes>=50 -(a) -(b)`."""
    if not exclude and not least_upvotes:
        return query
    upvotes = [f"upvotes>={least_upvotes}"] if least_upvotes else []
    return " ".join([f"({query})", *upvotes, *(f"-({text})" for text in exclude)])
