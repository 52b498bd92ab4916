"""Why a paper was kept, or what it fell short of: the plain values."""

from dataclasses import dataclass

from digest.matching.ast import Field, Number


@dataclass(frozen=True, slots=True)
class Reason:
    """What of a paper a clause of the query matched.

    `text` is characters `start` to `end` of the paper's `field`; of authors, organisation and source it
    is the words that matched, and of a number the number in words: there start and end are 0.
    """

    field: Field | Number
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a query keeps a paper; if so the reasons, title first, in order; and the strength.

    Strength counts each clause once per field, a title three times as much as other fields, times its largest
    weight: a paper about the topic names it in its title and speaks of it in several words. If the
    paper is not kept, `missing` are the fewest clauses that would have to hold as well: one clause
    means “one clause short”. An excluded clause stands there as “NOT …”.
    """

    kept: bool
    reasons: tuple[Reason, ...] = ()
    strength: float = 0.0
    missing: tuple[str, ...] = ()
