"""OpenAlex, asked for works by their day of publication, for two weeks back.

https://developers.openalex.org: pages of at most 100, chained by a cursor. Since February 2026 requests are
paid from a daily allowance, larger with a free key; asking by the day on which a work was added needs a paid
plan. Works are added up to weeks after their publication: so each time the two weeks before are asked for
too, and what is new among them is listed on its own day.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.lib.records import PaperRecord, arxiv_id, identify
from digest.sources.adapter import Adapter, Format, Get, Setting, Values
from digest.sources.errors import SourceRefused
from digest.sources.literature.answers import (
    LATE_BY,
    Page,
    fetch_pages,
    is_object_with,
    list_in,
    listing_day,
    load_answer,
    newest_day,
    number_in,
    read_papers,
)
from digest.sources.literature.choices import api_key_setting, one_line
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import MAX_PAPERS, ParsedAnswer, UnreadablePaper
from digest.sources.record_fields import FieldReader, build_record, day_of

NAME = "openalex-json"
TITLE = "OpenAlex"
EXPECTED = "an answer of OpenAlex with works"
WORKS = "https://api.openalex.org/works"
PAGE_SIZE = 100
_FIELDS = "id,doi,display_name,publication_date,authorships,abstract_inverted_index,locations"
_MOST_AUTHORS = 100  # that a list of works has of each
_MOST_LOCATIONS = 100
_MOST_WORDS = 20_000  # of an abstract


def _configured(values: Values) -> Adapter:
    if not values.get("query") and not values.get("filter"):
        raise SourceRefused(f"Expected a search or a filter for {TITLE}, found neither: enter one of them.")
    return replace(OPENALEX, fetch_day=lambda day, get: _fetch_day(values, day, get))


def _fetch_day(values: Values, day: date, get: Get) -> list[bytes]:
    search, further = values.get("query", ""), values.get("filter", "")
    days = f"from_publication_date:{day - LATE_BY},to_publication_date:{day}"
    parameters = {"filter": f"{days},{further}" if further else days, "select": _FIELDS}
    parameters |= {"per_page": str(PAGE_SIZE)} | ({"search": search} if search else {})
    if key := values.get("api_key"):
        parameters["api_key"] = key
    return fetch_pages(
        lambda cursor: get(f"{WORKS}?{urlencode(parameters | {'cursor': cursor or '*'})}"),
        _look,
        f"the works until {day} from {TITLE}",
        most=2 * MAX_PAPERS,
    )


def _look(raw: bytes) -> Page:
    answer = load_answer(raw, EXPECTED)
    meta = answer.get("meta")
    facts = meta if isinstance(meta, dict) else {}
    following = facts.get("next_cursor")
    return Page(
        len(list_in(answer, "results", EXPECTED)),
        number_in(facts, "count", EXPECTED),
        following if isinstance(following, str) else None,
    )


def _recognises(raw: bytes) -> bool:
    return is_object_with(raw, "meta", "db_response_time_ms")


def _parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    """One page of an answer; each work is of its day of publication, or of the day asked for."""
    entries = list_in(load_answer(raw, EXPECTED), "results", EXPECTED)
    found = day or newest_day(map(_publication, entries), EXPECTED)
    return read_papers(
        NAME,
        found,
        entries,
        read=lambda entry: _read(entry, listing_day(_publication(entry), day) or found),
        title_of=lambda entry: entry.get("display_name") if isinstance(entry, dict) else None,
    )


def _publication(entry: Any) -> date | None:
    return day_of(entry.get("publication_date")) if isinstance(entry, dict) else None


def _read(entry: Any, day: date) -> PaperRecord:
    if not isinstance(entry, dict):
        raise UnreadablePaper("it is not a work of OpenAlex")
    fields = FieldReader(entry)
    authors = fields.items("authorships")
    doi, arxiv = fields.text("doi"), _arxiv(fields)
    return build_record(
        day,
        title=without_markup(fields.text("display_name")),
        abstract=without_markup(_abstract(fields)),
        arxiv=arxiv,
        doi=doi,
        authors=None if authors is None or len(authors) >= _MOST_AUTHORS else len(authors),
        author_names=list(_names(fields, authors or [])),
        published=fields.day("publication_date"),
        url=None if doi or arxiv else fields.text("id"),
        unreadable=fields.unreadable,
    )


def _abstract(fields: FieldReader) -> str:
    """The abstract from the places of its words: {"Kites": [0], "fly": [1]}."""
    index = fields.within("abstract_inverted_index")
    placed: list[tuple[int, str]] = []
    for word, places in index.fields.items():
        whole = isinstance(places, list) and all(type(place) is int for place in places)
        if not whole or len(placed) + len(places) > _MOST_WORDS:
            return fields.cannot_read("abstract_inverted_index", "")
        placed += [(place, word) for place in places]
    return " ".join(word for _, word in sorted(placed))


def _names(fields: FieldReader, authors: list[Any]) -> Iterator[str]:
    for author in authors[:_MOST_AUTHORS]:
        named = FieldReader(author if isinstance(author, dict) else {})
        name = named.within("author").text("display_name") or named.text("raw_author_name")
        if name:
            yield name
        else:
            fields.cannot_read("authorships", None)


def _arxiv(fields: FieldReader) -> str | None:
    """The arXiv id that one of a work's places names."""
    for location in (fields.items("locations") or [])[:_MOST_LOCATIONS]:
        place = FieldReader(location if isinstance(location, dict) else {})
        link = place.text("landing_page_url") or place.text("pdf_url")
        if "//arxiv.org/" in link and (found := arxiv_id(link)):
            return found
        if (key := identify(title="", doi=link)).startswith("arxiv:"):
            return key
    return None


def _filter(text: str) -> str:
    """A filter as it is stored; ValueError if it says days of its own, beside those asked for."""
    stored = ",".join(part.strip() for part in one_line(text).split(",") if part.strip())
    if "publication_date" in stored:
        raise ValueError("Leave the day of publication out: each check asks for its own days.")
    return stored


OPENALEX = Adapter(
    name="openalex",
    title=TITLE,
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        Setting(
            "query",
            "Search",
            help='Words in title, abstract or full text; AND, OR, NOT and "phrases" as in OpenAlex’s search.',
            required=False,
            lines=True,
            check=one_line,
        ),
        Setting(
            "filter",
            "Filter",
            help="In OpenAlex’s own syntax: type:article,primary_topic.field.id:17. Search, filter or both.",
            required=False,
            lines=True,
            check=_filter,
        ),
        api_key_setting(
            "Free, from openalex.org/settings/api. Without it the allowance of a day is soon used up."
        ),
    ),
    configured=_configured,
    pause=3 * 3_600,  # requests are metered
    growing_days=1,
    authority=1,
    about="Works of all fields by search and filter, by their day of publication, up to two weeks late.",
)
