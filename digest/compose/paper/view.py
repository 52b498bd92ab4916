"""What templates print of one paper: every text worded, shortened and highlighted, nothing left to decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from digest.compose import wording
from digest.compose.content import Item
from digest.compose.paper.excerpt import Excerpt, excerpt
from digest.compose.paper.highlight import Piece, pieces, runs
from digest.compose.paper.why_line import why
from digest.lib.locales import Language
from digest.lib.records import TITLE_SEARCH, PaperRecord, arxiv_id, pdf_url, safe_link
from digest.lib.safe_text import folded, shortened

_LONGEST_NAME = 80
_ALL_NAMED = 3  # of more authors the first and the last are
_LONGEST_SITE = 40
_LONGEST_SUMMARY = 240  # two lines of a mail; hardly one in ten is longer
_SITES = {"arxiv.org": "arXiv", "huggingface.co": "Hugging Face"}
_LONGEST_BRIEF = 60  # screen readers say it with each of a paper's links, and it takes room in each


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact in small print; `accessible_text` is for screen readers, in words where `text` uses a sign."""

    text: str
    accessible_text: str


@dataclass(frozen=True, slots=True)
class LinkView:
    label: str
    url: str


@dataclass(frozen=True, slots=True, eq=False)
class PaperView:
    """One paper; `url` is where its title leads, empty if nowhere; `brief` its title as links name it.

    `withdrawn` says so, or is empty; it stands among the facts, too. `summary` is the source's own.
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
    summary: str
    why: str
    note: str
    links: tuple[LinkView, ...]
    withdrawn: str


@dataclass(frozen=True, slots=True, eq=False)
class LineView:
    """One paper as a title line, compared by identity."""

    number: int
    title: str
    url: str
    withdrawn: str


@lru_cache(maxsize=8192)
def view_paper(item: Item, language: Language, whole: bool, year: int = 0) -> PaperView:
    """The view of one paper, made once for all digests that hold it with these marks.

    With `whole` the abstract is whole. Dates of another year than `year`, in which it is read (0: that of its
    edition), name theirs. Links that are not plain http(s) are left out.
    """
    record = item.record
    year = year or record.day.year
    title_runs = runs(record.title, "title", item.marks)
    abstract = Excerpt(record.abstract, runs(record.abstract, "abstract", item.marks))
    shown = abstract if whole else excerpt(record.abstract, item.marks)
    source = safe_link(record.url)
    links = (
        (_to_read(language, source), source),
        (language.gettext("PDF"), safe_link(pdf_url(record.key))),
        (language.gettext("Code"), safe_link(record.code_url)),
        (language.gettext("Project"), safe_link(record.project_url)),
    )
    return PaperView(
        number=item.number,
        title=folded(record.title),
        brief=shortened(record.title, _LONGEST_BRIEF),
        title_pieces=pieces(record.title, title_runs),
        url=safe_link(item.page_url) or source or "",
        facts=tuple(_facts(language, record, year)),
        excerpt=folded(shown.text),
        excerpt_pieces=pieces(shown.text, shown.runs),
        summary=shortened(record.summary or "", _LONGEST_SUMMARY),
        why=why(language, record, item.marks, item.facts, year),
        note=folded(wording.ranking_note(language, item.note)) if item.note else "",
        links=tuple(LinkView(label, url) for label, url in links if url),
        withdrawn=_withdrawn(language, record),
    )


def view_line(item: Item, language: Language) -> LineView:
    """The title line of one paper."""
    record = item.record
    return LineView(
        item.number,
        folded(record.title),
        safe_link(item.page_url) or safe_link(record.url) or "",
        _withdrawn(language, record),
    )


def _withdrawn(language: Language, record: PaperRecord) -> str:
    return language.gettext("Withdrawn") if record.withdrawn else ""


def _to_read(language: Language, url: str | None) -> str:
    """What the link to the paper says: a search for its title is not the paper."""
    if url and url.startswith(TITLE_SEARCH):
        return language.gettext("Find on %(site)s", site=_site(url))
    return language.gettext("Read on %(site)s", site=_site(url))


def _site(url: str | None) -> str:
    """What people call the site of a link: by its name, else by its host."""
    host = (urlsplit(url).hostname or "" if url else "").removeprefix("www.")
    return _SITES.get(host) or shortened(host, _LONGEST_SITE)


def _facts(language: Language, record: PaperRecord, year: int) -> Iterator[FactView]:
    """What is known of a paper's origin and reception; zeros are left out."""
    if record.withdrawn:
        withdrawn = language.gettext("Withdrawn")
        yield FactView(withdrawn, withdrawn)
    if where := _where(language, record, year):
        yield FactView(where, where)
    if record.source_titles:
        names = ", ".join(shortened(title, _LONGEST_NAME) for title in record.source_titles)
        listed = language.gettext("via %(sources)s", sources=names)
        yield FactView(listed, listed)
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
    """`text` with no-break spaces: a number stays on one line with its noun."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _where(language: Language, record: PaperRecord, year: int) -> str:
    """Where and when it appeared, for example “arXiv, 4 Nov”; its year only if it is not `year`."""
    place = "arXiv" if arxiv_id(record.key) else _site(safe_link(record.url))
    day = record.published or record.day
    date = language.short_date(day, year=day.year != year)
    return ", ".join(filter(None, (shortened(place, _LONGEST_NAME), date)))


def _authors(language: Language, record: PaperRecord) -> str:
    """For example “Ada Lovelace, …, Zoe Groot and 10 more”, or “12 authors” where nobody is named.

    Where the source names only some, nobody knows the last: “Ada Lovelace and 11 others”.
    """
    names = [name for written in record.author_names if (name := shortened(written, _LONGEST_NAME))]
    number = max(record.authors or 0, len(names))
    if not number:
        return ""
    if not names:
        return language.ngettext("%(num)s author", "%(num)s authors", number)
    if number > len(names):
        return language.ngettext(
            "%(name)s and %(num)s other", "%(name)s and %(num)s others", number - 1, name=names[0]
        )
    if number <= _ALL_NAMED:
        return ", ".join(names)
    return language.ngettext(
        "%(first)s, …, %(last)s and %(num)s more",
        "%(first)s, …, %(last)s and %(num)s more",
        number - 2,
        first=names[0],
        last=names[-1],
    )
