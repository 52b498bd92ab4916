"""What an answer of a source lists, and how single bad papers are kept from spoiling it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from digest.lib.records import TITLE_LIMIT, PaperRecord, clean_text
from digest.sources.errors import SourceChanged

Entry = TypeVar("Entry")
MAX_PAPERS = 10_000  # a day has 1 to 150; more only costs time and memory


@dataclass(frozen=True, slots=True)
class Rejected:
    """A paper that could not be read: its place in the source (from 1), its title if any, and why."""

    position: int
    title: str
    why: str


_FIELDS = ("abstract", "author_names", "organization", "published")  # as records have them; no votes is usual


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """What one answer of a source lists: its papers in the source's order, each once, and what was rejected.

    `day` is the day that the answer is about: the one that was asked for, or the newest of its papers. Each
    paper belongs to the edition of its own `day`, which may be another. `updates` are newer facts of papers
    that are not new: they change papers that are known, and bring no other. `issued` is the day on which the
    source says that it wrote the answer, where it says so.
    """

    day: date
    format: str
    papers: tuple[PaperRecord, ...]
    rejected: tuple[Rejected, ...]
    updates: tuple[PaperRecord, ...] = ()
    issued: date | None = None

    @property
    def unreadable(self) -> Mapping[str, int]:
        """How many papers have a field that was there and could not be read, by the field's name."""
        return Counter(name for paper in self.papers for name in paper.unreadable)


def empty_fields(papers: Iterable[PaperRecord]) -> Mapping[str, int]:
    """How many papers are without a field that others may have, by its name."""
    return Counter(name for paper in papers for name in _FIELDS if not getattr(paper, name))


class UnreadablePaper(Exception):
    """One paper cannot be read, and why ("it has no title"); the others can. Never leaves this package."""


def require_plausible(number: int, limit: int = MAX_PAPERS, things: str = "papers") -> None:
    """Raise SourceChanged, before work is put into them, if there are more than any day can have."""
    if number > limit:
        raise SourceChanged(
            f"Expected the papers of one day, found {number:,} {things}: more than {limit:,}."
        )


def collect(  # noqa: PLR0913  one for each thing that a format knows of its entries
    form: str,
    day: date,
    entries: Iterable[Entry],
    *,
    read: Callable[[Entry], PaperRecord],
    title_of: Callable[[Entry], object],
    is_update: Callable[[Entry], bool] = lambda _entry: False,
    issued: date | None = None,
) -> ParsedAnswer:
    """Read every entry; of papers listed twice the first stays, unreadable ones are rejected.

    Entries of which `is_update` holds are no new papers. Raises SourceChanged if there is no paper at all,
    or if more than half cannot be read: then it is the source that has changed, not a paper.
    """
    papers: dict[str, PaperRecord] = {}
    updates: dict[str, PaperRecord] = {}
    rejected: list[Rejected] = []
    position = 0
    for position, entry in enumerate(entries, start=1):
        try:
            paper = read(entry)
        except UnreadablePaper as error:
            title = title_of(entry)
            shown = clean_text(title, TITLE_LIMIT) if isinstance(title, str) else ""
            rejected.append(Rejected(position, shown, str(error)))
        else:
            (updates if is_update(entry) else papers).setdefault(paper.key, paper)
    if len(rejected) * 2 > position:
        raise SourceChanged(
            f"Expected readable papers, found {len(rejected)} of {position} unreadable: "
            f"number {rejected[0].position}, for one, because {rejected[0].why}."
        )
    if not papers and not updates:
        raise SourceChanged("Expected papers, found none.")
    newer = (paper for key, paper in updates.items() if key not in papers)
    return ParsedAnswer(day, form, tuple(papers.values()), tuple(rejected), tuple(newer), issued)
