"""arXiv's Atom feed of the announcement of a day: as its RSS feed, but each author's text and date elsewhere.

`updated` is when the feed was made, of its entries too: it says nothing of a paper.
"""

from datetime import date

from lxml import etree

from digest.lib.records import clean_text
from digest.sources.answer_text import begins_with
from digest.sources.arxiv.announced import Announcement, Item, read
from digest.sources.arxiv.announcement_days import day_there, moment_of
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, require_plausible
from digest.sources.record_fields import day_of
from digest.sources.xml_text import load_xml, text_within

NAME = "arxiv-atom"
EXPECTED = "an Atom feed of arXiv"

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


def recognises(raw: bytes) -> bool:
    """Whether it is an Atom feed that says that it is from rss.arxiv.org."""
    head = raw[:4_000]
    return begins_with(head, b"<") and b"<feed" in head and b"rss.arxiv.org/atom/" in head


def parse(raw: bytes, day: date | None, _today: date, *, cross_lists: bool = True) -> ParsedAnswer:
    """The announcement in a feed."""
    feed = load_xml(raw, EXPECTED)
    if feed.tag != f"{_ATOM}feed":
        raise SourceChanged(f"Expected {EXPECTED}, found <{clean_text(str(feed.tag), 60)}>.")
    entries = feed.findall(f"{_ATOM}entry")
    require_plausible(len(entries))
    made = moment_of(_text(feed, "updated"))
    issued = day_there(made) if made else None
    return read(
        Announcement(
            title=_text(feed, "title"),
            description=_text(feed, "subtitle"),
            day=issued,
            issued=issued,
            items=[_item(entry) for entry in entries],
        ),
        NAME,
        day,
        EXPECTED,
        cross_lists=cross_lists,
    )


def _item(entry: etree._Element) -> Item:
    link = entry.find(f"{_ATOM}link")
    return Item(
        id=_text(entry, "id"),
        link="" if link is None else link.get("href", ""),
        title=_text(entry, "title"),
        text=_text(entry, "summary"),
        kind=text_within(entry.find(f"{_ARXIV}announce_type")),
        creators=", ".join(text_within(creator) for creator in entry.iterfind(_CREATOR)),
        dois=text_within(entry.find(f"{_ARXIV}DOI")),
        day=day_of(_text(entry, "published")),
    )


def _text(element: etree._Element, name: str) -> str:
    return text_within(element.find(f"{_ATOM}{name}"))
