"""Which papers to show for ticking: the most voted for of each topic in turn, none much like another."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from digest.matching.paper import PaperText
from digest.matching.ranking.similarity import Similarities

K = TypeVar("K", bound=Hashable)


def diverse(groups: Iterable[Sequence[K]], papers: Mapping[K, PaperText], most: int) -> list[K]:
    """The first of every group, then the second of every group and so on, each once, at most `most`.

    Of papers much alike only the first is there. Groups are in order of preference, best first.
    """
    queues = [list(group) for group in groups]
    similarities = Similarities(papers)
    chosen: list[K] = []
    skipped: set[K] = set()
    while len(chosen) < most and any(queues):
        for queue in queues:
            while queue:
                key = queue.pop(0)
                if key in chosen or key in skipped:
                    continue
                alike = dict(similarities.near_duplicates([*chosen, key]))
                if key in alike:
                    skipped.add(key)
                    continue
                chosen.append(key)
                break
            if len(chosen) == most:
                break
    return chosen
