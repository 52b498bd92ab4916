"""The order of papers within one digest."""

import math

_VOTE_WEIGHT = 0.5
_HALF_LIFE_DAYS = 7.0


def rank(strength: float, upvotes: int | None, age_days: int, key: str) -> tuple[float, str]:
    """A sort key, best first: strength of match, plus upvotes on a log scale damped by age in days.

    Ties fall back to the paper's key, so equal input gives equal output whatever its order, and a
    re-run composes the same mail.
    """
    votes = math.log2(1 + (upvotes or 0)) * 0.5 ** (max(age_days, 0) / _HALF_LIFE_DAYS)
    return -(strength + _VOTE_WEIGHT * votes), key
