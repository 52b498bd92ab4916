"""Papers like a reader's library: the filter of kind `LIBRARY`, and what it says of each paper."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from digest.compose import Fact, Mark
from digest.matching import Field
from digest.matching.ranking.likeness import THRESHOLD, Alike, Likeness
from digest.matching.ranking.similarity import Vector
from digest.matching.tokenizer import Text
from digest.models import Paper
from digest.selection.requests import LIBRARY, Votes
from digest.selection.shown_reasons import ShownReasons


class LikePaper(NamedTuple):
    """A paper that is like a library, and how."""

    paper: Paper
    alike: Alike[int]


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
    strengths = ((library.strength(vector(paper.pk)), paper) for paper in new)
    found = [(strength, paper) for strength, paper in strengths if strength >= THRESHOLD]
    days = Counter[object]()
    for _, paper in sorted(found, key=lambda one: (-one[0], one[1].key)):
        days[paper.day] += 1
        if days[paper.day] <= most and (alike := library.find(vector(paper.pk))):
            yield LikePaper(paper, alike)


class FirstWords:
    """Where each stem of a paper first stands, worked out once for all whom it is shown."""

    def __init__(self) -> None:
        self._marks: dict[int, Mapping[str, Mark]] = {}

    def reasons(self, like: LikePaper, title: str) -> ShownReasons:
        """Why it is kept: the nearest paper of the library, called `title`, and the words that carried it."""
        marks = self._marks.get(like.paper.pk)
        if marks is None:
            marks = self._marks[like.paper.pk] = _first_marks(like.paper)
        carried = [marks[stem] for stem in like.alike.stems if stem in marks]
        in_order = sorted(carried, key=lambda mark: (mark.field != Field.TITLE, mark.start))
        return ShownReasons(tuple(in_order), (Fact(LIBRARY, title),))


def _first_marks(paper: Paper) -> Mapping[str, Mark]:
    marks: dict[str, Mark] = {}
    for field, source in ((Field.TITLE, paper.title), (Field.ABSTRACT, paper.abstract)):
        text = Text(source)
        for stem, (start, end) in zip(text.stems, text.spans, strict=True):
            marks.setdefault(stem, Mark(field, start, end))
    return marks
