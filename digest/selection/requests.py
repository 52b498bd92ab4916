"""What a selection is made for: named queries and a history, under the key that equal requests share."""

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any

from digest.matching import Query, QuerySyntaxError, parse_query

logger = logging.getLogger(__name__)

Votes = tuple[tuple[int, bool], ...]  # papers, each with whether a reader asked for more like it
_NOTHING = parse_query("upvotes<0")
LIBRARY = "library"  # the kind of filter that keeps papers like those of the reader's library
TRENDING = "trending"  # the kind of filter that keeps the most upvoted papers of a span
ALL = 32_767  # as many as there are
EVERY = "day>=1900-01-01"  # the query that keeps every paper, for kinds that narrow it


def stored_query(text: str) -> Query:
    """The query of a stored filter; one that cannot be read keeps nothing, and the others go on."""
    try:
        return parse_query(text)
    except QuerySyntaxError as error:
        logger.warning("a filter that cannot be read keeps nothing: %s: %s", text[:200], error)
        return _NOTHING


@dataclass(frozen=True, slots=True)
class Filter:
    """A named query: a topic with its colour, or a reader's own.

    One of another `kind` brings at most so many (`most`) of the papers that its query keeps, chosen by
    comparing papers with each other.
    """

    name: str
    query: str
    colour: str = "#59616b"
    own: bool = False
    kind: str = ""
    most: int = 0

    def stored(self) -> dict[str, Any]:
        """As a selection holds it. What only other kinds have is left out of a query, as it always was."""
        values = {"name": self.name, "query": self.query, "colour": self.colour, "own": self.own}
        return values | {"kind": self.kind, "most": self.most} if self.kind else values


def trending(most: int, query: str = EVERY) -> Filter:
    """The filter that keeps the `most` upvoted papers of those that the query keeps."""
    return Filter("Trending", query, "#d6336c", kind=TRENDING, most=most)


@dataclass(frozen=True, slots=True)
class SelectionRequest:
    """What readers who share a selection have in common.

    A digest covers the releases after `after_release` up to `through_release`; a reader's `first` digest also
    takes the newest edition of each source as of `after_release`. Papers that release `seen_through` or an
    earlier one brought out are not new to them, unless a filter keeps one now and did not as of
    `after_release`; `excluded` ones never are, nor those that are `carried` over. The best `full_limit` are
    shown in full, the rest by their titles. `votes` and the papers of the `library` are ascending by paper.
    In a `monthly` digest age counts for nothing: it has the month's best. The papers of the releases after
    `trending` compete for the section of that name. `liked` are the papers that filters name as liked, each
    with a hash of what it says: with other words, other papers are like it. The digest is `lacking` today's
    papers of sources with these titles, which had not announced them.
    """

    filters: tuple[Filter, ...]
    after_release: int
    through_release: int
    seen_through: int
    first: bool = False
    language: str = "en"
    carried: tuple[int, ...] = ()
    full_limit: int | None = None
    excluded: tuple[int, ...] = ()
    votes: Votes = ()
    weekly: bool = False
    monthly: bool = False
    library: tuple[int, ...] = ()
    trending: int | None = None
    liked: tuple[tuple[str, str], ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Equal for equal requests, in any process.

        The names in it are those of the first builds: with others, no stored selection would be found.
        """
        filters = [list(one.stored().values()) for one in self.filters]
        rest: dict[str, Any] = {
            "since": self.after_release,
            "until": self.through_release,
            "had": self.seen_through,
            "first": self.first,
            "language": self.language,
            "carried": self.carried,
            "most": self.full_limit,
            "without": self.excluded,
            "taste": self.votes,
            "weekly": self.weekly,
            **({"monthly": True} if self.monthly else {}),
        }
        if self.library:
            rest["library"] = self.library
        if self.trending is not None:
            rest["trending"] = self.trending
        if self.liked:
            rest["liked"] = self.liked
        if self.lacking:
            rest["lacking"] = self.lacking
        content = json.dumps([filters, rest], sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(content.encode(), digest_size=24).hexdigest()
