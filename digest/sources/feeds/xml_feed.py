"""RSS 1.0, RSS 2.0 and Atom.

feedparser finds links, ids and dates, of which there are many dialects. It takes titles and abstracts for
pages, though, and loses all from a "<" to the next ">" ("if x<y then"), so these are read from the XML; and
what it is given holds none of them, which would take it ten times as long.
"""

import re
from dataclasses import dataclass
from datetime import date
from html.entities import html5
from io import BytesIO
from itertools import islice
from urllib.parse import urljoin

import feedparser
from lxml import etree

from digest.sources.adapter import Format
from digest.sources.errors import SourceChanged
from digest.sources.feeds.field_map import FieldMap
from digest.sources.feeds.items import MAX_ITEMS, Item, answer_of
from digest.sources.parsed_answer import ParsedAnswer, require_plausible
from digest.sources.xml_text import MAX_TAGS, load_xml, local_name, text_of_blocks

NAME = "feed-xml"
EXPECTED = "an RSS or Atom feed"
_ROOT = re.compile(
    rb"(?>(?:\s+|<\?[^>]*>|<!--.*?-->|<!doctype[^>]*>)*)<(?:[\w.-]+:)?(?:rss|RDF|feed)[\s>]",
    re.DOTALL | re.IGNORECASE,
)
_PROLOGUE = 20_000  # where the root must begin
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://arxiv.org/schemas/atom": "arxiv",
    "http://search.yahoo.com/mrss/": "media",
}
_USUAL: FieldMap = {
    "title": ("title", "dc:title"),
    "abstract": (
        "summary",
        "description",
        "dc:description",
        "content:encoded",
        "content",
        "media:description",
    ),
    "authors": ("dc:creator", "author", "creator"),
    "doi": ("prism:doi", "dc:identifier", "arxiv:doi", "doi"),
    "day": (
        *("pubdate", "published", "dc:date", "issued", "dcterms:issued", "created", "prism:publicationdate"),
        *("updated", "modified", "dcterms:modified"),
    ),
}
_IDENTITY = {"link", "guid", "id"}
_OF_THE_FEED = {"channel", "item", "entry", "link", "pubdate", "lastbuilddate", "updated", "modified", "date"}
_MOST_LINKS = 10
_MOST_IN_AN_ITEM = 1_000  # authors have an element each
_LONGEST = 100_000
_LONGEST_ADDRESS = 2_000
_WHOLE_DAY = re.compile(r"\d{4}-\d\d?-\d\d?|\d{8}|\b\d{1,2}[\s-]+[A-Za-z]{3}")
_REFERENCE = re.compile(rb"&(?:#\w{1,10};|([A-Za-z][A-Za-z0-9]{1,30});)?")
_XML_OWN = (b"lt", b"gt", b"amp", b"quot", b"apos")
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:[0-8]|1[124-9]|2\d|3[01]|x[0-8bcefBCEF]|x1[0-9a-fA-F]);"
)

Texts = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class XmlFeed:
    """How feeds are read: with an operator's map of fields, and the address that their links start from."""

    fields: FieldMap
    address: str = ""

    def parse(self, raw: bytes, day: date | None, today: date) -> ParsedAnswer:
        """The papers of the feed's items, each of its own day; `day`, or today, is that of the others."""
        root = load_feed(raw)
        items = list(root.iter("{*}item", "{*}entry"))
        require_plausible(len(items), MAX_ITEMS, "items")
        texts = [_texts(item) for item in items]
        for item, text in zip(items, texts, strict=True):
            _keep_structure(item, self._found(text, "day")[:1])
        feed = _structure(root)
        if len(feed.entries) != len(items):
            raise SourceChanged(f"Expected {EXPECTED}, found items that do not stand beside each other.")
        base = self.address or str(feed.feed.get("link", ""))
        return answer_of(
            NAME,
            [self._item(text, entry, base) for text, entry in zip(texts, feed.entries, strict=True)],
            _day(feed.feed, "updated") or _day(feed.feed, "published"),
            day=day,
            today=today,
        )

    def _item(self, texts: Texts, entry: feedparser.FeedParserDict, base: str) -> Item:
        link = "".join(self._found(texts, "link")[:1]) or str(entry.get("link", ""))
        day = _day(entry, "published")
        return Item(
            title="".join(self._found(texts, "title")[:1]),
            abstract="".join(self._found(texts, "abstract")[:1]),
            authors=self._found(texts, "authors"),
            identifiers=[
                *self._found(texts, "arxiv"),
                *self._found(texts, "doi"),
                str(entry.get("id", "")),
                link,
            ],
            link=absolute(base, link),
            day=day,
            unreadable=("day",) if day is None and "published" in entry else (),
        )

    def _found(self, texts: Texts, field: str) -> list[str]:
        """What the first element holds that has anything for this field."""
        elements = self.fields.get(field) or _USUAL.get(field, ())
        return next((texts[name] for name in elements if texts.get(name)), [])


def recognises(raw: bytes) -> bool:
    """Whether its outermost element is that of a feed."""
    return _ROOT.match(raw.removeprefix(b"\xef\xbb\xbf")[:_PROLOGUE]) is not None


def load_feed(raw: bytes) -> etree._Element:
    """The root of a feed, also of one with signs that XML does not know; SourceChanged if it is none."""
    try:
        root = load_xml(raw, EXPECTED)
    except SourceChanged:
        if (mended := _mended(raw)) == raw:
            raise
        root = load_xml(mended, EXPECTED)
    if local_name(root) != "feed" and root.find("{*}channel") is None:
        raise SourceChanged(f"Expected {EXPECTED}, found XML that is none.")
    return root


def _mended(raw: bytes) -> bytes:
    """The bytes without what feeds get wrong most often.

    That is names of signs that only pages have, a bare "&", control characters, and Western European letters
    without a word of it.
    """
    require_plausible(raw.count(b"&"), MAX_TAGS, "signs written as references")
    try:
        raw.decode()
    except UnicodeDecodeError:
        if b"encoding" not in raw[:200]:
            raw = raw.decode("cp1252", "replace").encode()
    return _CONTROL.sub(b"", _REFERENCE.sub(_mended_reference, raw))


def _mended_reference(match: re.Match[bytes]) -> bytes:
    name = match[1]
    if name is None:
        return match[0] if match[0].startswith(b"&#") else b"&amp;"
    if name in _XML_OWN:
        return match[0]
    sign = html5.get(f"{name.decode()};")
    return sign.encode("ascii", "xmlcharrefreplace") if sign else b"&amp;" + match[0][1:]


def _texts(item: etree._Element) -> Texts:
    """The texts in an item's elements, by the usual names of these and by those in the feed."""
    texts: Texts = {}
    for child in islice(item.iterchildren("*"), _MOST_IN_AN_ITEM):
        name = child.find("{*}name") if local_name(child) == "author" else None
        text = text_of_blocks(child if name is None else name)
        if text:
            for known in {_usual_name(child), f"{child.prefix}:{local_name(child)}"}:
                texts.setdefault(known, []).append(text[:_LONGEST])
    return texts


def _usual_name(element: etree._Element) -> str:
    """The name with the prefix that its namespace usually has; without one in that of feeds themselves."""
    namespace = etree.QName(element).namespace or ""
    prefix = "prism" if "prismstandard" in namespace else _PREFIXES.get(namespace, "")
    return f"{prefix}:{local_name(element)}" if prefix else local_name(element)


def _keep_structure(item: etree._Element, day: list[str]) -> None:
    """Leave only links, ids and a date in an item: feedparser's work."""
    links = 0
    for child in list(item):
        links += local_name(child) in _IDENTITY
        if local_name(child) not in _IDENTITY or links > _MOST_LINKS:
            item.remove(child)
            continue
        child.text = (child.text or "")[:_LONGEST_ADDRESS]
        del child[:]
    for text in day:
        etree.SubElement(item, etree.QName(etree.QName(item).namespace, "published")).text = text[:100]


def _structure(root: etree._Element) -> feedparser.FeedParserDict:
    """What feedparser finds in a feed whose items hold nothing else."""
    for parent in (root, *root.iterchildren("{*}channel")):
        for child in list(parent):
            if local_name(child) not in _OF_THE_FEED:
                parent.remove(child)
    return feedparser.parse(BytesIO(etree.tostring(root)), sanitize_html=False, resolve_relative_uris=False)


def _day(told: feedparser.FeedParserDict, name: str) -> date | None:
    """The day, in UTC, of a date that names one: "2026-01" does not, which is 1 January to feedparser."""
    if name not in told or not _WHOLE_DAY.search(str(told[name])):
        return None
    time = told.get(f"{name}_parsed")
    try:
        return date(*time[:3]) if time else None
    except ValueError:
        return None


def absolute(base: str, link: str) -> str:
    """`link` as it is meant in a document at `base`."""
    try:
        return urljoin(base, link)
    except ValueError:
        return link


FORMAT = Format(NAME, recognises, XmlFeed({}).parse)
