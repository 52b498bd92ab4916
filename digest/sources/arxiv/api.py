"""arXiv's API: asking for what a query finds, and reading its answers, which are Atom feeds.

https://info.arxiv.org/help/api/user-manual.html: one request in three seconds over one connection. An error
is HTTP 400, or a feed with one entry about it. Pages may come with fewer entries than were asked for.
"""

import re
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from lxml import etree

from digest.lib.records import PaperRecord, arxiv_id, clean_text
from digest.sources.adapter import Format, Get
from digest.sources.answer_text import begins_with
from digest.sources.arxiv import categories
from digest.sources.arxiv.announced import doi_keys
from digest.sources.arxiv.announcement_days import announced_on, moment_of, submitted_for
from digest.sources.arxiv.withdrawal import abstract_with
from digest.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from digest.sources.parsed_answer import ParsedAnswer, collect, require_plausible
from digest.sources.record_fields import FieldReader, build_record, day_of
from digest.sources.xml_text import load_xml, text_within

NAME = "arxiv-api"
EXPECTED = "an answer of arXiv’s API"
SITE = "https://export.arxiv.org"
INTERVAL = 3  # seconds between two requests
PAGE_SIZE = 200
MAX_PAPERS = 4_000  # of one day and one query: all of arXiv has fewer new ones

_ERRORS = "arxiv.org/api/errors"
_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_LONGEST_QUERY = 1_000


def check_query(value: str) -> str:
    """A query in one line; ValueError, in a sentence for the operator, for one that cannot be right."""
    query = " ".join(value.split())
    outside = "".join(query.split('"')[::2])
    if not query:
        raise ValueError('Write a query, such as cat:cs.LG AND abs:"state space".')
    if len(query) > _LONGEST_QUERY:
        raise ValueError(f"Write a query of at most {_LONGEST_QUERY:,} characters.")
    if query.count('"') % 2:
        raise ValueError('A quotation mark (") is missing in the query.')
    depth = 0
    for sign in outside:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth:
        raise ValueError("The brackets in the query do not match.")
    return query


def fetch_day(day: date, get: Get, *, query: str) -> list[bytes]:
    """All pages of what `query` finds among the papers that are announced on `day`.

    Raises what `get` and `load` raise, and SourceUnavailable if less came than the API says that there is.
    """
    first, last = (f"{moment:%Y%m%d%H%M}" for moment in submitted_for(day))
    asked = {
        "search_query": f"({query}) AND submittedDate:[{first} TO {last}]",
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
        "max_results": PAGE_SIZE,
    }
    pages: list[bytes] = []
    came = 0
    while True:
        pages.append(get(f"{SITE}/api/query?{urlencode(asked | {'start': came})}"))
        feed = load(pages[-1])
        entries = len(entries_of(feed))
        came += entries
        total = text_within(feed.find(_TOTAL))
        if not re.fullmatch(r"\d{1,9}", total, re.ASCII):
            raise SourceChanged(
                f"Expected {EXPECTED} with the number of papers, found “{clean_text(total, 20)}”."
            )
        if came >= int(total):
            return pages
        if int(total) > MAX_PAPERS:
            raise SourceChanged(
                f"Expected at most {MAX_PAPERS:,} papers of {day}, found {int(total):,}: narrow the query."
            )
        if not entries:
            raise SourceUnavailable(f"Expected {total} papers of {day} from arXiv, found {came} of them.")


def recognises(raw: bytes) -> bool:
    """Whether it is an Atom feed that says that it is an answer of arXiv's API."""
    head = raw[:4_000]
    return begins_with(head, b"<") and b"<feed" in head and b"arxiv.org/api/" in head


def load(raw: bytes) -> etree._Element:
    """The feed that an answer is. SourceRefused, with its words, if it is about an error."""
    feed = load_xml(raw, EXPECTED)
    if feed.tag != f"{_ATOM}feed":
        raise SourceChanged(f"Expected {EXPECTED}, found <{clean_text(str(feed.tag), 60)}>.")
    for entry in entries_of(feed):
        if _ERRORS in _text(entry, "id") or (_text(entry, "title") == "Error" and not id_of(entry)):
            words = clean_text(_text(entry, "summary"), 300)
            raise SourceRefused(f"Expected papers from arXiv, found an error: {words}")
    return feed


def entries_of(feed: etree._Element) -> list[etree._Element]:
    """The entries of a feed."""
    return feed.findall(f"{_ATOM}entry")


def parse(
    raw: bytes, day: date | None, _today: date, *, chosen: tuple[str, ...] = (), cross_lists: bool = True
) -> ParsedAnswer:
    """The papers of a page, each of the day on which it was announced first.

    Without `cross_lists` those whose first category is none of the `chosen` are no more than updates.
    """
    feed = load(raw)
    entries = entries_of(feed)
    require_plausible(len(entries))
    found = day or max(filter(None, map(_announced, entries)), default=day_of(_text(feed, "updated")))
    if found is None:
        raise SourceChanged(f"Expected {EXPECTED} that names its day, found none.")
    if not entries:
        return ParsedAnswer(found, NAME, (), ())
    return collect(
        NAME,
        found,
        entries,
        read=lambda entry: read_entry(entry, _announced(entry) or found),
        title_of=lambda entry: _text(entry, "title"),
        is_update=lambda entry: not (cross_lists or categories.covers(chosen, _primary(entry))),
    )


def read_entry(entry: etree._Element, day: date) -> PaperRecord:
    """The paper of an entry, as one of `day`; UnreadablePaper if it is none."""
    fields = FieldReader({})
    if (arxiv := id_of(entry)) is None:
        fields.cannot_read("id", None)
    if (published := submitted(entry)) is None:
        fields.cannot_read("published", None)
    names = [text_within(author.find(f"{_ATOM}name")) for author in entry.iterfind(f"{_ATOM}author")]
    return build_record(
        day,
        title=_text(entry, "title"),
        abstract=abstract_with(text_within(entry.find(f"{_ARXIV}comment")), _text(entry, "summary")),
        arxiv=arxiv,
        authors=len(names) or None,
        author_names=names,
        published=published.astimezone(UTC).date() if published else None,
        other_keys=doi_keys(text_within(entry.find(f"{_ARXIV}doi"))),
        unreadable=fields.unreadable,
    )


def submitted(entry: etree._Element) -> datetime | None:
    """When the first version was submitted, if the entry says so."""
    return moment_of(_text(entry, "published"))


def _announced(entry: etree._Element) -> date | None:
    moment = submitted(entry)
    return announced_on(moment) if moment else None


def _primary(entry: etree._Element) -> str:
    element = entry.find(f"{_ARXIV}primary_category")
    return "" if element is None else element.get("term", "")


def id_of(entry: etree._Element) -> str | None:
    """The arXiv id without version, None for an entry that is no paper."""
    return arxiv_id(_text(entry, "id"))


def _text(element: etree._Element, name: str) -> str:
    return text_within(element.find(f"{_ATOM}{name}"))


FORMAT = Format(NAME, recognises, parse)
