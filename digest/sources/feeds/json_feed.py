"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with, decode
from digest.sources.errors import SourceChanged
from digest.sources.feeds.items import MAX_ITEMS, Item, answer_of
from digest.sources.feeds.xml_feed import absolute
from digest.sources.parsed_answer import ParsedAnswer, require_plausible
from digest.sources.record_fields import FieldReader, day_of, load_json

NAME = "feed-json"
EXPECTED = "a JSON Feed"
_VERSION = re.compile(rb'"version"\s{0,20}:\s{0,20}"https?:(?:\\?/){2}jsonfeed\.org(?:\\?/)version')


@dataclass(frozen=True, slots=True)
class JsonFeed:
    """How feeds are read: `address` is that which their links start from."""

    address: str = ""

    def parse(self, raw: bytes, day: date | None, today: date) -> ParsedAnswer:
        """The papers of the feed's items, each of its own day; `day`, or today, is that of the others."""
        feed = load_json(decode(raw, EXPECTED), EXPECTED)
        items = feed.get("items") if isinstance(feed, dict) else None
        if not isinstance(items, list):
            raise SourceChanged(f"Expected {EXPECTED} with its items, found none.")
        require_plausible(len(items), MAX_ITEMS, "items")
        base = self.address or FieldReader(feed).text("home_page_url")
        return answer_of(NAME, [_item(item, base) for item in items], None, day=day, today=today)


def recognises(raw: bytes) -> bool:
    """Whether it is an object that says of which version of JSON Feed it is."""
    return begins_with(raw, b"{") and _VERSION.search(raw) is not None


def _item(item: Any, base: str) -> Item:
    fields = FieldReader(item if isinstance(item, dict) else {})
    link = fields.text("external_url") or fields.text("url")
    return Item(
        title=fields.text("title"),
        abstract=fields.text("summary") or fields.text("content_html") or fields.text("content_text"),
        authors=_authors(fields),
        identifiers=[link, fields.text("url"), str(fields.fields.get("id") or "")],
        link=absolute(base, link),
        day=_day(fields, "date_published") or _day(fields, "date_modified"),
        unreadable=tuple(fields.unreadable),
    )


def _authors(fields: FieldReader) -> list[str]:
    """The names; version 1.0 has one author, who may be a list of names."""
    authors = fields.items("authors")
    if authors is None:
        name = fields.within("author").text("name")
        return [name] if name else []
    return [
        name for author in authors if isinstance(author, dict) and (name := FieldReader(author).text("name"))
    ]


def _day(fields: FieldReader, name: str) -> date | None:
    """The day of a time, in UTC where it names a zone."""
    text = fields.text(name).strip()
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return day_of(text) or (fields.cannot_read(name, None) if text else None)
    return (time.astimezone(UTC) if time.tzinfo else time).date()


FORMAT = Format(NAME, recognises, JsonFeed().parse)
