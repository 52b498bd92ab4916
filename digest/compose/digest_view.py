"""What the digest's templates print: every text worded, shortened and highlighted, nothing left to decide."""

from collections import Counter
from dataclasses import dataclass

from digest.compose import wording
from digest.compose.content import DigestContent, Item, NearMiss, Section
from digest.compose.paper.view import PaperView, view_paper
from digest.lib.locales import language_for
from digest.lib.records import safe_link
from digest.lib.safe_text import folded, shortened

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class SectionView:
    """A filter's papers in full; `total` also counts those that only got a title line."""

    name: str
    colour: str
    own: bool
    mute: str
    total: int
    papers: tuple[PaperView, ...]


@dataclass(frozen=True, slots=True)
class NearView:
    """A paper one clause short of `query`, and the query to `add` for it, also in `short`."""

    title: str
    url: str
    query: str
    missing: str
    add: str
    short: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """A digest, as its templates print it.

    `lines` are papers as title lines, of which those beyond the reader's cap come last; `cap` is that
    number of papers if it cut anything. `left_out` papers are only on the web. There, in the `whole`
    digest, papers `beyond` the cap are in full too. `welcome` is what a reader's first digest begins with.
    """

    language: str
    period: str
    short_period: str
    headline: str
    preheader: str
    accounting: tuple[str, ...]
    sections: tuple[SectionView, ...]
    carried: tuple[PaperView, ...]
    lines: tuple[PaperView, ...]
    left_out: int
    cap: int
    weekly: bool
    near: tuple[NearView, ...]
    whole: bool = False
    beyond: tuple[PaperView, ...] = ()
    welcome: str = ""


class DigestPresenter:
    """Words a digest's content once, and gives views of it with more or fewer papers.

    With `whole`, for the web, abstracts are whole.
    """

    def __init__(self, content: DigestContent, *, whole: bool = False) -> None:
        self._content = content
        self._language = language_for(content.language)
        self._whole = whole
        sections = [section.items for section in content.sections]
        self._groups = [self._papers(items) for items in (*sections, content.carried)]
        self._more = self._papers(content.more)
        # The first of every group, then the second of every group: what is left out for size comes last.
        self._order = sorted((rank, n) for n, group in enumerate(self._groups) for rank in range(len(group)))

    def _papers(self, items: tuple[Item, ...]) -> tuple[PaperView, ...]:
        year = self._content.year or self._content.day.year
        return tuple(view_paper(item, self._language, self._whole, year) for item in items)

    @property
    def papers(self) -> int:
        """How many papers there are to show in full."""
        return len(self._order)

    def lines(self, full: int) -> int:
        """How many title lines there are to show below `full` papers."""
        return len(self._order) - full + len(self._more)

    def all(self) -> DigestView:
        """The whole digest: every paper in full."""
        return self.view(self.papers, 0, beyond=self._more)

    def view(self, full: int, lines: int, beyond: tuple[PaperView, ...] = ()) -> DigestView:
        """The digest with its `full` best papers in full and `lines` more as title lines.

        The best of every section stay longest. A paper is shown in full, as a line, or counted.
        """
        content, language = self._content, self._language
        shown = Counter(group for _, group in self._order[:full])
        *sections, carried = [group[: shown[n]] for n, group in enumerate(self._groups)]
        rest = [self._groups[group][rank] for rank, group in self._order[full:]] + list(self._more)
        first = next((papers[0].title for papers in (*sections, carried) if papers), "")
        capped = bool(self._more) and full == self.papers
        return DigestView(
            language=language.code,
            period=wording.period(language, content, year=self._whole),
            short_period=wording.short_period(language, content),
            headline=wording.headline(language, content),
            preheader=first,
            accounting=wording.accounting(language, content),
            sections=tuple(
                _view_section(section, papers)
                for section, papers in zip(content.sections, sections, strict=True)
                if papers
            ),
            carried=carried,
            lines=tuple(rest[:lines]),
            left_out=len(rest) - lines - len(beyond),
            cap=full - len(carried) if capped else 0,
            weekly=content.weekly,
            near=tuple(map(_view_near, content.near)),
            whole=self._whole,
            beyond=beyond,
            welcome=wording.welcome(language, content),
        )


def _view_section(section: Section, papers: tuple[PaperView, ...]) -> SectionView:
    return SectionView(
        name=shortened(section.name, _LONGEST_NAME),
        colour=section.colour,
        own=section.own,
        mute=section.mute,
        total=len(section.items),
        papers=papers,
    )


def _view_near(near: NearMiss) -> NearView:
    url = safe_link(near.page_url) or safe_link(near.record.url) or ""
    query, missing, short = (shortened(text, _LONGEST_NAME) for text in (near.query, near.missing, near.add))
    return NearView(folded(near.record.title), url, query, missing, folded(near.add), short)
