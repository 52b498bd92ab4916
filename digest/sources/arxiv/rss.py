"""arXiv's RSS feed of the announcement of a day: https://info.arxiv.org/help/rss.html"""

from datetime import date

from lxml import etree

from digest.lib.records import clean_text
from digest.sources.answer_text import begins_with
from digest.sources.arxiv.announced import Announcement, Item, read
from digest.sources.arxiv.announcement_days import day_there, moment_of
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, require_plausible
from digest.sources.xml_text import load_xml, text_within

NAME = "arxiv-rss"
EXPECTED = "an RSS feed of arXiv"

_ARXIV = "{http://arxiv.org/schemas/atom}"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


def recognises(raw: bytes) -> bool:
    """Whether it is an RSS feed that says that it is from rss.arxiv.org."""
    head = raw[:4_000]
    return begins_with(head, b"<") and b"<rss" in head and b"rss.arxiv.org/rss/" in head


def parse(raw: bytes, day: date | None, _today: date, *, cross_lists: bool = True) -> ParsedAnswer:
    """The announcement in a feed."""
    root = load_xml(raw, EXPECTED)
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        raise SourceChanged(f"Expected {EXPECTED}, found <{clean_text(str(root.tag), 60)}>.")
    items = channel.findall("item")
    require_plausible(len(items))
    made = moment_of(text_within(channel.find("lastBuildDate")))
    return read(
        Announcement(
            title=text_within(channel.find("title")),
            description=text_within(channel.find("description")),
            day=_day(channel),
            issued=day_there(made) if made else None,
            items=[_item(item) for item in items],
        ),
        NAME,
        day,
        EXPECTED,
        cross_lists=cross_lists,
    )


def _item(item: etree._Element) -> Item:
    return Item(
        id=text_within(item.find("guid")),
        link=text_within(item.find("link")),
        title=text_within(item.find("title")),
        text=text_within(item.find("description")),
        kind=text_within(item.find(f"{_ARXIV}announce_type")),
        creators=", ".join(text_within(creator) for creator in item.iterfind(_CREATOR)),
        dois=text_within(item.find(f"{_ARXIV}DOI")),
        day=_day(item),
    )


def _day(item: etree._Element) -> date | None:
    """The day of an item or feed in the zone in which it is written: it stands for that day as a whole."""
    moment = moment_of(text_within(item.find("pubDate")))
    return moment.date() if moment else None
