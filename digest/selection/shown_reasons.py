"""The reasons that a digest shows: taken from matching, packed for storage, read back while they are true.

Packed, they are one line of JSON for each paper: its number, a hash of what it said, where its title and
where its abstract is marked (start, end, start, end …), and the facts, if there are any. Reasons that another
version of matching made stay true, for the hash covers all that they point to: they tell why the paper was
selected then.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, Self

from digest.compose import Fact, Mark
from digest.matching import Field, Number, Query, Reason
from digest.matching.ranking.explainer import Explainer
from digest.models import Paper
from digest.selection.requests import LIBRARY, TRENDING

_MARKED = (Field.TITLE, Field.ABSTRACT)
_NUMBERS = frozenset(Number)
_COMPARED = (LIBRARY, TRENDING)


class ShownReasons(NamedTuple):
    """Why a query keeps a paper: words of title and abstract as marks, title first; the rest as facts."""

    marks: tuple[Mark, ...] = ()
    facts: tuple[Fact, ...] = ()

    @classmethod
    def of(cls, reasons: Sequence[Reason]) -> Self:
        marks = (Mark(r.field, r.start, r.end) for r in reasons if r.field in _MARKED)
        facts = (
            Fact(r.field, "" if isinstance(r.field, Number) else r.text)
            for r in reasons
            if r.field not in _MARKED
        )
        return cls(tuple(marks), tuple(dict.fromkeys(facts)))


class PackedReasons(NamedTuple):
    """The reasons of a paper as they were stored."""

    paper: int
    made_on: str
    reasons: ShownReasons

    def are_true_of(self, paper: Paper) -> bool:
        """Whether they were made on what the paper says now; if not, the marks may be on other words."""
        return self.made_on == _hash(paper, self.reasons.facts)

    @property
    def of_then(self) -> ShownReasons | None:
        """How the paper compared with others, which stays true whatever it says now; None if it did not."""
        facts = tuple(fact for fact in self.reasons.facts if fact.field in _COMPARED)
        return ShownReasons((), facts) if facts else None


def explained(explainer: Explainer, queries: Iterable[Query]) -> ShownReasons | None:
    """Why the first of `queries` that keeps the explainer's paper does so; None if none of them does."""
    explanations = (explainer.explain(query) for query in queries)
    return next((ShownReasons.of(each.reasons) for each in explanations if each.kept), None)


def pack(paper: Paper, reasons: ShownReasons) -> str:
    """The reasons in one line, which holds no line end."""
    offsets = [
        list(chain.from_iterable((mark.start, mark.end) for mark in reasons.marks if mark.field == field))
        for field in _MARKED
    ]
    facts = [[fact.field, fact.text] for fact in reasons.facts]
    line = [paper.pk, _hash(paper, reasons.facts), *offsets, *([facts] if facts else [])]
    return json.dumps(line, separators=(",", ":"))


def unpack(line: str) -> PackedReasons:
    """What `pack` put into a line."""
    paper, made_on, *packed = json.loads(line)
    offsets, facts = packed[: len(_MARKED)], packed[len(_MARKED) :]
    marks = (
        Mark(field, start, end)
        for field, numbers in zip(_MARKED, offsets, strict=True)
        for start, end in zip(numbers[::2], numbers[1::2], strict=True)
    )
    return PackedReasons(
        paper, made_on, ShownReasons(tuple(marks), tuple(Fact(*fact) for fact in chain.from_iterable(facts)))
    )


def _hash(paper: Paper, facts: Sequence[Fact]) -> str:
    """Stands for all that reasons with these `facts` say of the paper.

    Its words always; of its numbers, which change by the hour, those that the facts tell.
    """
    told = {fact.field: getattr(paper, fact.field) for fact in facts if fact.field in _NUMBERS}
    names = tuple(paper.author_names)
    return _digest(
        paper.title, paper.abstract, names, paper.organization, paper.source_names, tuple(told.items())
    )


@lru_cache(maxsize=1000)
def _digest(*said: Any) -> str:
    content = json.dumps(said, default=str)
    return urlsafe_b64encode(hashlib.blake2b(content.encode(), digest_size=6).digest()).decode()
