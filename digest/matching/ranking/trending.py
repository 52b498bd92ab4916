"""Trending: the most upvoted papers of a span, each with its place among all of them.

What a paper gained in the last day counts double, where two readings of its votes tell it. Papers without
votes compete only where no paper has any, by their place in their source's own order. A place is a fact of
the paper and of all others, so no query can ask for it.
"""

from collections.abc import Collection
from typing import NamedTuple


class Contender(NamedTuple):
    """A paper under the caller's number; `position` is its place in its source's own order.

    `gained` are its new upvotes of the last day, None where they are not known.
    """

    number: int
    key: str
    upvotes: int | None
    gained: int | None
    position: int


class Place(NamedTuple):
    """The `place` of a paper, from 1, among `among` papers; `gained` as there."""

    number: int
    place: int
    among: int
    gained: int | None


def places(contenders: Collection[Contender]) -> list[Place]:
    """The places of all that compete, the first first; equal input in any order gives equal places."""
    voted = [one for one in contenders if one.upvotes is not None]
    ranked = sorted(voted or contenders, key=_order)
    return [Place(one.number, n, len(ranked), one.gained) for n, one in enumerate(ranked, start=1)]


def _order(one: Contender) -> tuple[int, int, str]:
    return -(one.upvotes or 0) - (one.gained or 0), one.position, one.key
