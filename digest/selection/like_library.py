"""Papers like a reader's library: the filter of kind `LIBRARY`, and what it says of each paper."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from digest.compose import Fact
from digest.matching.ranking.likeness import Alike, Likeness
from digest.matching.ranking.similarity import Vector
from digest.models import Paper
from digest.selection.requests import LIBRARY, Votes
from digest.selection.shown_reasons import ShownReasons


class LikePaper(NamedTuple):
    """A paper that is like a library, and how."""

    paper: Paper
    alike: Alike[int]

    def reasons(self, title: str) -> ShownReasons:
        """Why it is kept: the nearest paper of the library, called `title`, and the words that carried it."""
        words = ShownReasons.of(self.alike.reasons(self.paper))
        return ShownReasons(words.marks, (Fact(LIBRARY, title),))


def liked_of(library: Collection[int], votes: Votes) -> tuple[int, ...]:
    """The papers of a library but those that the reader asked less of: their latest word counts."""
    less = {paper for paper, more in votes if not more}
    return tuple(paper for paper in library if paper not in less)


def like_library(
    papers: Iterable[Paper], library: Likeness[int], vector: Callable[[int], Vector], most: int
) -> Iterator[LikePaper]:
    """Those of `papers` that are like `library`, the most alike first; of each day at most `most`.

    Papers of the library itself are known to the reader.
    """
    new = (paper for paper in papers if paper.pk not in library.papers)
    found = [LikePaper(paper, alike) for paper in new if (alike := library.find(vector(paper.pk)))]
    days = Counter[object]()
    for like in sorted(found, key=lambda like: (-like.alike.strength, like.paper.key)):
        days[like.paper.day] += 1
        if days[like.paper.day] <= most:
            yield like
