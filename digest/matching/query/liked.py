"""Queries that ask for papers like another: where they name it, and its vector put in, to be matched."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from digest.lib.records import paper_key
from digest.matching.ast import And, Like, Node, Not, Or, Query, Weight
from digest.matching.query.lexer import tokens
from digest.matching.query.values import name_of
from digest.matching.ranking.similarity import Vector


def liked_in(text: str) -> Iterator[tuple[str, int, int]]:
    """The papers that a query names as liked: the key of each, and where in `text` that begins and ends."""
    for kind, token, _ in tokens(text):
        if kind == "like" and (key := paper_key(name_of(token))):
            yield key, token.start(), token.end("like")


def with_vectors(query: Query, vectors: Mapping[str, Vector]) -> Query:
    """`query`, to be matched: with the vectors of the papers it names, by their keys.

    A paper that is not among them is one that nothing is like.
    """
    return Query(_with(query.root, vectors)) if query.liked else query


def _with(node: Node, vectors: Mapping[str, Vector]) -> Node:
    match node:
        case Like(key):
            return replace(node, vector=vectors.get(key, {}))
        case And(parts) | Or(parts):
            return type(node)(tuple(_with(part, vectors) for part in parts))
        case Not(part) | Weight(part, _):
            return replace(node, part=_with(part, vectors))
        case _:
            return node
