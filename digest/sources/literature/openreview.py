"""OpenReview, asked for the accepted papers of a venue, as API 2 lists them.

https://docs.openreview.net/reference/api-v2: notes of which each field of the content is {"value": …}, 1,000
at most in an answer. Once decisions are out, accepted papers bear the venue's own id as `venueid`, others
another. All of a venue come at once: they are of the day of their publication there, and of the day on which
they are first seen where none is named.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from digest.lib.records import PaperRecord
from digest.sources.adapter import Adapter, Format, Get, Setting, Values
from digest.sources.errors import SourceChanged
from digest.sources.literature.answers import (
    Page,
    fetch_pages,
    is_object_with,
    list_in,
    load_answer,
    number_in,
    read_papers,
)
from digest.sources.literature.choices import require_value
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper
from digest.sources.record_fields import MAX_NAMES, FieldReader, build_record

NAME = "openreview-json"
TITLE = "OpenReview"
EXPECTED = "an answer of OpenReview with notes"
SITE = "https://openreview.net"
NOTES = "https://api2.openreview.net/notes"
PAGE_SIZE = 1_000
_VENUE = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
_FIELDS = ("title", "abstract", "authors", "TLDR", "venueid")
_LATEST = 4_102_444_800_000  # milliseconds until 2100


def _configured(values: Values) -> Adapter:
    return replace(OPENREVIEW, fetch_latest=lambda get: _fetch_latest(values, get))


def _fetch_latest(values: Values, get: Get) -> list[bytes]:
    venue, token = require_value(values, "venue", TITLE), values.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else None
    parameters = {"content.venueid": venue, "sort": "number:asc", "limit": str(PAGE_SIZE)}
    came = 0

    def fetch(offset: str | None) -> bytes:
        return get(f"{NOTES}?{urlencode(parameters | {'offset': offset or '0'})}", headers)

    def look(raw: bytes) -> Page:
        nonlocal came
        answer = load_answer(raw, EXPECTED)
        notes = list_in(answer, "notes", EXPECTED)
        _require_venue(notes, venue)
        came += len(notes)
        total = number_in(answer, "count", EXPECTED) if "count" in answer else None
        return Page(len(notes), total, str(came))

    return fetch_pages(fetch, look, f"the accepted papers of {venue} from {TITLE}")


def _require_venue(notes: list[Any], venue: str) -> None:
    """Raise SourceChanged if there are papers of another venue, or of this one that are not accepted."""
    for note in notes:
        found = _content(note).get("venueid")
        if found != venue:
            raise SourceChanged(f"Expected papers accepted by {venue}, found one of “{str(found)[:100]}”.")


def _recognises(raw: bytes) -> bool:
    return is_object_with(raw, "notes")


def _parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """One page of an answer; its papers are of the day asked for, or of that of their publication."""
    notes = list_in(load_answer(raw, EXPECTED), "notes", EXPECTED)
    found = day or max((known for note in notes if (known := _published(note, today))), default=today)
    return read_papers(
        NAME,
        found,
        notes,
        read=lambda note: _read(note, day, today),
        title_of=lambda note: _content(note).get("title"),
    )


def _content(note: Any) -> dict[str, Any]:
    """What is used of a note's content, each field without its {"value": …}."""
    content = note.get("content") if isinstance(note, dict) else None
    if not isinstance(content, dict):
        return {}
    used = {name: content.get(name) for name in _FIELDS}
    return {name: field.get("value") if isinstance(field, dict) else field for name, field in used.items()}


def _published(note: Any, today: date) -> date | None:
    """The day of publication; one that is yet to come is that of the conference, and no such day."""
    moment = note.get("pdate") if isinstance(note, dict) else None
    if type(moment) is not int or not 0 < moment < _LATEST:
        return None
    day = datetime.fromtimestamp(moment / 1000, UTC).date()
    return day if day <= today else None


def _read(note: Any, asked: date | None, today: date) -> PaperRecord:
    if not isinstance(note, dict) or not isinstance(note.get("content"), dict):
        raise UnreadablePaper("it is not a note with a content")
    outer, fields = FieldReader(note), FieldReader(_content(note))
    published = _published(note, today)
    if published is None and not isinstance(note.get("pdate"), int | None):
        outer.cannot_read("pdate", None)
    authors = fields.items("authors")
    forum = outer.text("forum") or outer.text("id")
    return build_record(
        asked or published or today,
        title=fields.text("title"),
        abstract=fields.text("abstract"),
        authors=None if authors is None else len(authors),
        author_names=list(_names(fields, authors or [])),
        published=published,
        url=f"{SITE}/forum?{urlencode({'id': forum}, errors='replace')}" if forum else None,
        summary=fields.text("TLDR"),
        unreadable=outer.unreadable | fields.unreadable,
        undated=asked is None and published is None,
    )


def _names(fields: FieldReader, authors: list[Any]) -> Iterator[str]:
    """The authors' names, of lists of names and of those of profiles."""
    for author in authors[:MAX_NAMES]:
        name = author.get("fullname") if isinstance(author, dict) else author
        if isinstance(name, str) and name:
            yield name
        else:
            fields.cannot_read("authors", None)


def _venue(text: str) -> str:
    """The id of a venue, also from the address of its page; ValueError if it is none."""
    venue = text.strip().strip("/")
    if venue.startswith("https://"):
        venue = parse_qs(urlsplit(venue).query).get("id", [""])[0]
    if not _VENUE.fullmatch(venue):
        raise ValueError(
            "A venue’s id looks like “ICLR.cc/2026/Conference”: copy it from its page’s address."
        )
    return venue


OPENREVIEW = Adapter(
    name="openreview",
    title=TITLE,
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        Setting(
            "venue",
            "Venue",
            help="Its id or the address of its page: ICLR.cc/2026/Conference.",
            check=_venue,
        ),
        Setting(
            "token",
            "Access token",
            help="Of an account, where OpenReview refuses lists to those who are not logged in.",
            required=False,
            secret=True,
            check=str.strip,
        ),
    ),
    configured=_configured,
    pause=6 * 3_600,  # it lists all papers each time
    authority=1,
    about="The accepted papers of a conference or journal, once its decisions are public.",
)
