"""Hugging Face Daily Papers as its page of one day: the data in it, or else its cards.

The page carries its papers twice: as JSON in `data-props` (with abstracts; 2024 names the day `date`,
2026 `dateString`), and as <article> cards (without). Utility classes change; nothing rests on them alone.
"""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from lxml import etree

from digest.lib.records import PaperRecord, arxiv_id, clean_text
from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with, decode
from digest.sources.bot_challenge import raise_if_challenge
from digest.sources.errors import SourceChanged
from digest.sources.huggingface.api import as_trending, listing_day, page_of, read_entries
from digest.sources.parsed_answer import ParsedAnswer, collect, require_plausible
from digest.sources.record_fields import (
    FieldReader,
    build_record,
    day_of,
    edition_day,
    load_json,
    require_day,
)

NAME = "page-html"
EXPECTED = "the Hugging Face Daily Papers page"
MAX_TAGS = 100_000  # a paper's card takes 50
MAX_DEPTH = 250  # a page's tags are 25 deep
_HOSTS = {"huggingface.co", "www.huggingface.co", "hf.co"}
_NAMED = re.compile(rb"Daily\s{0,9}Papers")
# The groups are atomic: a page of nothing but comments costs no time.
_ROOT = re.compile(r"(?>(?:\s+|<!--.*?-->|<!doctype[^>]*>)*)<(html|body|main)\b", re.IGNORECASE | re.DOTALL)
_AFTER_ROOT = re.compile(r"\s*>(?>(?:\s+|<!--.*?-->)*)", re.DOTALL)
_PAPER_PATH = re.compile(r"(?:https?://[^/]+)?/papers/([^/?#]+)$")
_PAGE_DAY = re.compile(r"/papers(?:/date/|\?date=)(\d{4}-\d\d-\d\d)$", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)
_AUTHORS = re.compile(r"(\d{1,6}) authors?\b", re.ASCII)


def recognises(raw: bytes) -> bool:
    """Whether it is markup that names the Daily Papers."""
    return begins_with(raw, b"<") and _NAMED.search(raw) is not None


def parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """The papers on a whole page; a page of another site, kind or day, or cut off, is refused."""
    text = decode(raw, EXPECTED)
    root = _ROOT.match(text)
    page = _soup(text) if root else None
    if root is None or page is None or not _is_daily_papers(page):
        raise_if_challenge(text)
        title = page.title.get_text() if page and page.title else ""
        found = f"a page titled “{clean_text(title, 80)}”" if title else "other markup"
        raise SourceChanged(f"This is not the expected page: expected {EXPECTED}, found {found}.")
    _require_end(text, root[1])
    props = _props(page)
    if isinstance(props.get("dailyPapers"), list):
        return _from_props(props, day, today)
    return _from_cards(page, day)


def _soup(text: str) -> BeautifulSoup | None:
    """The parsed page; hostile markup is refused before it costs time."""
    require_plausible(text.count("<"), MAX_TAGS, "tags")
    try:
        etree.HTML(text, etree.HTMLParser(target=_Depth()))  # type: ignore[arg-type]  # a target may lack methods
        return BeautifulSoup(text, "lxml")
    except (ParserRejectedMarkup, etree.LxmlError):
        return None


class _Depth:
    """A parser target that refuses deep nesting: the work on a tree grows with the square of its depth."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, tag: str | bytes, attrib: dict[str | bytes, str | bytes]) -> None:  # noqa: ARG002
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SourceChanged(
                f"This is not the expected page: expected {EXPECTED}, found tags more than {MAX_DEPTH} deep."
            )

    def end(self, tag: str | bytes) -> None:  # noqa: ARG002
        self._depth -= 1

    def close(self) -> None:
        pass


def _is_daily_papers(page: BeautifulSoup) -> bool:
    """Whether the page says it is the Daily Papers, and does not say it is another site's."""
    home = page.select_one('link[rel="canonical"][href], meta[property="og:url"][content]')
    address = str(home.get("href") or home.get("content")) if home else ""
    if address.startswith("http") and _host(address) not in _HOSTS:
        return False
    heading = page.select_one("h1")
    return page.select_one('[data-target="DailyPapers"]') is not None or (
        heading is not None and clean_text(heading.get_text(), 50) == "Daily Papers"
    )


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


def _require_end(text: str, root: str) -> None:
    """Refuse a page that breaks off: its outermost element must be closed, and nothing may follow."""
    end = text.lower().rfind(f"</{root.lower()}")
    if end < 0 or not _AFTER_ROOT.fullmatch(text, end + len(root) + 2):
        raise SourceChanged(
            f"Expected {EXPECTED} up to its </{root}>, found a page that breaks off before it."
        )


def _props(page: BeautifulSoup) -> dict[str, Any]:
    """The data in the page, {} where it carries none."""
    holder = page.select_one('[data-target="DailyPapers"][data-props]')
    data = str(holder["data-props"]) if holder else ""
    props = load_json(data, f"{EXPECTED} with its data") if data.strip() else {}
    return props if isinstance(props, dict) else {}


def _from_props(props: dict[str, Any], day: date | None, today: date) -> ParsedAnswer:
    """The papers in the page's data: of the page's day, else each of its own, or of today."""
    entries = props["dailyPapers"]
    require_plausible(len(entries))
    if not entries:
        raise SourceChanged(f"Expected {EXPECTED} with papers, found none.")
    if props.get("isTrending"):
        return as_trending(entries, NAME, today)
    named = day_of(props.get("dateString")) or day_of(props.get("date"))
    if (props.get("periodType") or "day") != "day" or named is None:
        named = edition_day(map(listing_day, entries), day, EXPECTED)
    require_day(named, day, EXPECTED)
    return read_entries(NAME, named, entries, today)


def _from_cards(page: BeautifulSoup, day: date | None) -> ParsedAnswer:
    found = edition_day([_named_day(page)], day, EXPECTED)
    innermost = (card for card in page.select("article") if card.find("article") is None)
    cards = [(card, link) for card in innermost if (link := _paper_link(card))]
    return collect(
        NAME,
        found,
        cards,
        read=lambda card: _read_card(*card, found),
        title_of=lambda card: card[1].get_text(),
    )


def _named_day(page: BeautifulSoup) -> date | None:
    """The day that a page without data names: in its date picker, or in its own address."""
    picker = page.select_one("time[datetime]")
    if picker and picker.find_parent("article") is None and (day := day_of(picker["datetime"])):
        return day
    for home in page.select('link[rel="canonical"], meta[property="og:url"]'):
        if match := _PAGE_DAY.search(str(home.get("href") or home.get("content") or "")):
            return day_of(match[1])
    return None


def _paper_link(card: Tag) -> Tag | None:
    """The heading's link to the paper; /papers/date/…, /papers/trending and the like are not papers."""
    return next((link for link in card.select("h3 a[href]") if arxiv_id(_paper_id(link))), None)


def _paper_id(link: Tag) -> str:
    match = _PAPER_PATH.match(str(link["href"]))
    return match[1] if match else ""


def _read_card(card: Tag, link: Tag, day: date) -> PaperRecord:
    """The paper of one card: no abstract, no day of its own, and counts only as far as they are shown."""
    authors = _AUTHORS.search(clean_text(card.get_text(" "), 5_000))
    fields = FieldReader(
        {
            "authors": authors[1] if authors else None,
            "comments": _shown_number(card, 'a[href$="#community"]'),
            "upvotes": _shown_number(card, 'a[href^="/login"], .leading-none'),
        }
    )
    return build_record(
        day,
        title=link.get_text(),
        arxiv=_paper_id(link),
        url=page_of(_paper_id(link)),
        authors=fields.count("authors"),
        organization=_organization(card),
        comments=fields.count("comments"),
        upvotes=fields.count("upvotes"),
        unreadable=fields.unreadable,
    )


def _shown_number(card: Tag, selector: str) -> str | None:
    """The digits shown in the first of the selected elements that shows nothing else."""
    shown = (element.get_text().strip() for element in card.select(selector))
    return next((text for text in shown if _NUMBER.fullmatch(text)), None)


def _organization(card: Tag) -> str:
    """The organisation's name: in a link to its page, beside a logo whose text is its handle."""
    for link in card.select("a[href]"):
        logo = link.select_one("img[alt]")
        if logo and logo["alt"] and str(link["href"]).endswith(f"/{logo['alt']}"):
            return link.get_text()
    return ""


FORMAT = Format(NAME, recognises, parse)
