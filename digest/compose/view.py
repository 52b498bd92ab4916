"""What the digest's templates print: every text worded, cut and marked, nothing left to decide."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from digest.compose import wording
from digest.compose.content import DigestContent, Item, Section
from digest.compose.excerpt import excerpt
from digest.compose.highlight import Piece, pieces, runs
from digest.compose.printable import folded, shortened
from digest.compose.reasons import why
from digest.papers import PaperRecord, pdf_url, safe_link

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class FactView:
    """A bit of small print; `spoken` are its words where `text` uses a sign."""

    text: str
    spoken: str


@dataclass(frozen=True, slots=True)
class LinkView:
    label: str
    url: str


@dataclass(frozen=True, slots=True, eq=False)
class PaperView:
    """One paper; `url` is where its title leads, empty if nowhere.

    Compared by identity, which `view_paper` keeps.
    """

    title: str
    title_pieces: tuple[Piece, ...]
    url: str
    facts: tuple[FactView, ...]
    excerpt: str
    excerpt_pieces: tuple[Piece, ...]
    why: str
    note: str
    links: tuple[LinkView, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A filter's papers in full; `total` also counts those that only got a title line."""

    name: str
    colour: str
    own: bool
    total: int
    papers: tuple[PaperView, ...]


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest, as its templates print it. `left_out` papers are only on the web."""

    language: str
    day: str
    short_day: str
    headline: str
    preheader: str
    accounting: tuple[str, ...]
    sections: tuple[SectionView, ...]
    carried: tuple[PaperView, ...]
    lines: tuple[PaperView, ...]
    left_out: int


class Worded:
    """A digest's content, worded once, from which views with more or fewer papers are taken."""

    def __init__(self, content: DigestContent) -> None:
        self._content = content
        sections = [section.items for section in content.sections]
        self._groups = [tuple(map(view_paper, items)) for items in (*sections, content.carried)]
        self._more = tuple(map(view_paper, content.more))
        # The first of every group, then the second of every group: what a cut takes away comes last.
        self._order = sorted((rank, n) for n, group in enumerate(self._groups) for rank in range(len(group)))

    @property
    def papers(self) -> int:
        """How many papers there are to show in full."""
        return len(self._order)

    def lines(self, full: int) -> int:
        """How many title lines there are to show below `full` papers."""
        return len(self._order) - full + len(self._more)

    def view(self, full: int, lines: int) -> DigestView:
        """The digest with its `full` best papers in full and `lines` more as title lines.

        The best of every section stay longest. A paper is shown in full, as a line, or counted.
        """
        content = self._content
        shown = Counter(group for _, group in self._order[:full])
        *sections, carried = [group[: shown[n]] for n, group in enumerate(self._groups)]
        rest = [self._groups[group][rank] for rank, group in self._order[full:]] + list(self._more)
        first = next((papers[0].title for papers in (*sections, carried) if papers), "")
        return DigestView(
            language=content.language,
            day=wording.long_date(content.day),
            short_day=wording.short_date(content.day),
            headline=wording.headline(content),
            preheader=first,
            accounting=wording.accounting(content),
            sections=tuple(
                _view_section(section, papers)
                for section, papers in zip(content.sections, sections, strict=True)
                if papers
            ),
            carried=carried,
            lines=tuple(rest[:lines]),
            left_out=len(rest) - lines,
        )


@lru_cache(maxsize=8192)
def view_paper(item: Item) -> PaperView:
    """One paper, worded, once for all digests that hold it with these marks.

    Links that are not plain http(s) are left out.
    """
    record = item.record
    title_runs = runs(record.title, "title", item.marks)
    cut = excerpt(record.abstract, item.marks)
    source = safe_link(record.url)
    links = (
        ("Read", source),
        ("PDF", safe_link(pdf_url(record.key))),
        ("Code", safe_link(record.code_url)),
        ("Project", safe_link(record.project_url)),
    )
    return PaperView(
        title=folded(record.title),
        title_pieces=pieces(record.title, title_runs),
        url=safe_link(item.page_url) or source or "",
        facts=tuple(_facts(record)),
        excerpt=folded(cut.text),
        excerpt_pieces=pieces(cut.text, cut.runs),
        why=why(record, item.marks, item.facts),
        note=folded(item.note),
        links=tuple(LinkView(label, url) for label, url in links if url),
    )


def _facts(record: PaperRecord) -> Iterator[FactView]:
    """What is known of a paper's origin and reception; zero tells nothing and is left out."""
    if organization := shortened(record.organization or "", _LONGEST_NAME):
        yield FactView(organization, organization)
    if record.authors:
        yield FactView(authors := wording.counted(record.authors, "author"), authors)
    if record.upvotes:
        yield FactView(f"▲ {record.upvotes:,}", wording.counted(record.upvotes, "upvote"))
    if record.comments:
        yield FactView(comments := wording.counted(record.comments, "comment"), comments)


def _view_section(section: Section, papers: tuple[PaperView, ...]) -> SectionView:
    return SectionView(
        name=shortened(section.name, _LONGEST_NAME),
        colour=section.colour,
        own=section.own,
        total=len(section.items),
        papers=papers,
    )
