"""How many papers fit into one mail: programs that clip long mails hide the links at their end."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from digest.compose.blocks import Blocks, Rest
from digest.compose.digest_view import DigestPresenter


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


class Sizes:
    """How many octets a digest takes with more or fewer papers: the sum of its blocks.

    Blocks are made as far as they are asked for, and not beyond `limit`: what is larger is just too large.
    `frame` is what is before and after all papers.
    """

    def __init__(self, presenter: DigestPresenter, blocks: Blocks, limit: int) -> None:
        self._presenter = presenter
        self._blocks = blocks
        self._limit = limit
        self.frame = blocks.frame(presenter.frame)
        self._of_frame = sum(block.size for block in self.frame)
        items = [item for _, item in presenter.order]
        self._papers = accumulate((blocks.paper(presenter.paper(i)).size for i in items), initial=0)
        self._lines = accumulate((blocks.line(presenter.line(i)).size for i in items), initial=0)
        self._of_papers, self._of_lines = [next(self._papers)], [next(self._lines)]

    @property
    def best(self) -> Fit:
        """The most that fits."""
        return best_fit(self._presenter.papers, self._presenter.lines, self, self._limit)

    def __call__(self, fit: Fit) -> int:
        """The octets of a digest that shows so much; any number beyond the limit if it is larger."""
        size = self._of_frame
        for sums, more, start, end in (
            (self._of_papers, self._papers, 0, fit.full),
            (self._of_lines, self._lines, fit.full, fit.full + fit.lines),
        ):
            while len(sums) <= end and (len(sums) <= start or size + sums[-1] - sums[start] <= self._limit):
                sums.append(next(more))
            size += sums[min(end, len(sums) - 1)] - sums[start]
            if size > self._limit:
                return size
        return size + self._around(fit)

    def _around(self, fit: Fit) -> int:
        """What stands around the papers and lines, by filter."""
        presenter, blocks = self._presenter, self._blocks
        shown = Counter(n for n, _ in presenter.order[: fit.full])
        size = 0
        for n, number in shown.items():
            section = presenter.filters[n]
            if n == presenter.carried:
                size += blocks.carried().size
            else:
                size += blocks.heading(section, number).size + blocks.mute(section).size
        rest = Rest(
            also=presenter.frame.also,
            cap=presenter.cap(fit.full, shown[presenter.carried]),
            line_count=fit.lines,
            left_out=presenter.lines(fit.full) - fit.lines,
            one_filter=presenter.one_filter(fit.full, fit.lines),
            sections=any(n < presenter.carried for n in shown),
            lines=bool(fit.lines),
        )
        if fit.lines:
            size += blocks.also(rest).size
            for n in {presenter.groups[n] for n, _ in presenter.order[fit.full : fit.full + fit.lines]}:
                size += sum(block.size for block in blocks.group(presenter.filters[n], rest))
        return size + (blocks.left_out(rest).size if rest.left_out else 0)
