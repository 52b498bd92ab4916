"""How many papers fit into one mail: programs that clip long mails hide the links at their end."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fit:
    """How many papers a mail shows: `full` in full, `lines` as title lines; the others are counted."""

    full: int
    lines: int


def best_fit(papers: int, lines: Callable[[int], int], size: Callable[[Fit], int], limit: int) -> Fit:
    """The most that fits within `limit` octets: full papers first, then title lines.

    `lines(full)` is how many papers are left for title lines below `full` papers; `size` grows with
    both of its numbers. Where not all fits, the others are title lines, which say more than their number
    would. Where they are very many, a sixth of the room is all that is kept for them. With no room even for
    an empty mail, nothing is shown.
    """
    everything = Fit(papers, lines(papers))
    if size(everything) <= limit:
        return everything
    room = limit - limit // 6
    beside_all = _largest(papers, lambda n: size(Fit(n, lines(n))) <= limit)
    full = max(beside_all, _largest(papers, lambda n: size(Fit(n, 0)) <= room))
    return Fit(full, _largest(lines(full), lambda n: size(Fit(full, n)) <= limit))


def _largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, when all smaller ones do; 0 if none does."""
    return bisect_left(range(1, most + 1), True, key=lambda n: not fits(n))
