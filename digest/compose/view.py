"""What the digest's templates print: every text worded, cut and marked, nothing left to decide."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from digest.compose import wording
from digest.compose.content import DigestContent, Item, NearMiss, Section
from digest.compose.excerpt import Excerpt, excerpt
from digest.compose.highlight import Piece, pieces, runs
from digest.compose.why_line import quoted, why
from digest.lib.locales import Language, language_for
from digest.lib.records import PaperRecord, arxiv_id, pdf_url, safe_link
from digest.lib.safe_text import folded, shortened

_LONGEST_NAME = 80
_LONGEST_BRIEF = 60  # it is heard with each of a paper's links, and takes room each time


@dataclass(frozen=True, slots=True)
class FactView:
    """A bit of small print; `accessible_text` is for screen readers, in words where `text` uses a sign."""

    text: str
    accessible_text: str


@dataclass(frozen=True, slots=True)
class LinkView:
    label: str
    url: str


@dataclass(frozen=True, slots=True, eq=False)
class PaperView:
    """One paper; `url` is where its title leads, empty if nowhere; `brief` is its title in links' names.

    Compared by identity, which `view_paper` keeps.
    """

    number: int
    title: str
    brief: str
    title_pieces: tuple[Piece, ...]
    url: str
    facts: tuple[FactView, ...]
    excerpt: str
    excerpt_pieces: tuple[Piece, ...]
    why: str
    why_pieces: tuple[Piece, ...]
    note: str
    links: tuple[LinkView, ...]


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
    digest, papers `beyond` the cap are in full too.
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


class Worded:
    """A digest's content, worded once, from which views with more or fewer papers are taken.

    `whole` words it for the web: with whole abstracts.
    """

    def __init__(self, content: DigestContent, *, whole: bool = False) -> None:
        self._content = content
        self._language = language_for(content.language)
        self._whole = whole
        sections = [section.items for section in content.sections]
        self._groups = [self._papers(items) for items in (*sections, content.carried)]
        self._more = self._papers(content.more)
        # The first of every group, then the second of every group: what a cut takes away comes last.
        self._order = sorted((rank, n) for n, group in enumerate(self._groups) for rank in range(len(group)))

    def _papers(self, items: tuple[Item, ...]) -> tuple[PaperView, ...]:
        return tuple(view_paper(item, self._language, self._whole) for item in items)

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
            period=wording.period(language, content),
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
        )


@lru_cache(maxsize=8192)
def view_paper(item: Item, language: Language, whole: bool) -> PaperView:
    """One paper, worded, once for all digests that hold it with these marks; `whole` with all its abstract.

    Links that are not plain http(s) are left out.
    """
    record = item.record
    title_runs = runs(record.title, "title", item.marks)
    abstract = Excerpt(record.abstract, runs(record.abstract, "abstract", item.marks))
    cut = abstract if whole else excerpt(record.abstract, item.marks)
    source = safe_link(record.url)
    links = (
        (language.gettext("Read"), source),
        (language.gettext("PDF"), safe_link(pdf_url(record.key))),
        (language.gettext("Code"), safe_link(record.code_url)),
        (language.gettext("Project"), safe_link(record.project_url)),
    )
    reason = why(language, record, item.marks, item.facts)
    return PaperView(
        number=item.number,
        title=folded(record.title),
        brief=shortened(record.title, _LONGEST_BRIEF),
        title_pieces=pieces(record.title, title_runs),
        url=safe_link(item.page_url) or source or "",
        facts=tuple(_facts(language, record)),
        excerpt=folded(cut.text),
        excerpt_pieces=pieces(cut.text, cut.runs),
        why=reason,
        why_pieces=quoted(language, reason),
        note=folded(wording.place(language, item.note)) if item.note else "",
        links=tuple(LinkView(label, url) for label, url in links if url),
    )


def _facts(language: Language, record: PaperRecord) -> Iterator[FactView]:
    """What is known of a paper's origin and reception; zero tells nothing and is left out."""
    if where := _where(language, record):
        yield FactView(where, where)
    if organization := shortened(record.organization or "", _LONGEST_NAME):
        yield FactView(organization, organization)
    if authors := _authors(language, record):
        yield FactView(authors, authors)
    if record.upvotes:
        accessible_text = language.ngettext("%(num)s upvote", "%(num)s upvotes", record.upvotes)
        yield FactView(_unbroken(f"▲ {language.number(record.upvotes)}"), _unbroken(accessible_text))
    if record.comments:
        comments = _unbroken(language.ngettext("%(num)s comment", "%(num)s comments", record.comments))
        yield FactView(comments, comments)


def _unbroken(text: str) -> str:
    """A number and its noun, which no line end parts."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _where(language: Language, record: PaperRecord) -> str:
    """Where and when it appeared, for example “arXiv, 4 Nov”; the year only if it is not the edition's."""
    if arxiv_id(record.key):
        place = "arXiv"
    else:
        link = safe_link(record.url)
        place = ((urlsplit(link).hostname if link else None) or "").removeprefix("www.")
    day = record.published or record.day
    date = language.short_date(day, year=day.year != record.day.year)
    return ", ".join(filter(None, (shortened(place, _LONGEST_NAME), date)))


def _authors(language: Language, record: PaperRecord) -> str:
    """For example “Ada Lovelace and 11 others”, or “12 authors” where nobody is named."""
    number = max(record.authors or 0, len(record.author_names))
    if not number:
        return ""
    name = shortened(record.author_names[0], _LONGEST_NAME) if record.author_names else ""
    if not name:
        return language.ngettext("%(num)s author", "%(num)s authors", number)
    if number == 1:
        return name
    return language.ngettext(
        "%(name)s and %(num)s other", "%(name)s and %(num)s others", number - 1, name=name
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
