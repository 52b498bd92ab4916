"""Semantic Scholar, asked for papers by query and day of publication, for two weeks back.

https://api.semanticscholar.org/api-docs/graph: the bulk search, 1,000 papers a page, chained by a token; how
many there are in all is an estimate. It knows papers days or weeks after their publication: so each time the
two weeks before are asked for too, and what is new among them is listed on its own day. A paper of which only
the year is known counts as published on 1 January there.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.lib.records import PaperRecord
from digest.sources.adapter import Adapter, Format, Get, Values
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
from digest.sources.literature.choices import api_key_setting, query_setting, require_value
from digest.sources.parsed_answer import MAX_PAPERS, ParsedAnswer, UnreadablePaper
from digest.sources.record_fields import MAX_NAMES, FieldReader, build_record, day_of

NAME = "semantic-scholar-json"
TITLE = "Semantic Scholar"
EXPECTED = "an answer of Semantic Scholar's search"
SEARCH = "https://api.semanticscholar.org/graph/v1/paper/search/bulk"
_FIELDS = "title,abstract,authors,externalIds,publicationDate,year,url"


def _configured(values: Values) -> Adapter:
    return replace(SEMANTIC_SCHOLAR, fetch_day=lambda day, get: _fetch_day(values, day, get))


def _fetch_day(values: Values, day: date, get: Get) -> list[bytes]:
    parameters = {
        "query": require_value(values, "query", TITLE),
        "publicationDateOrYear": f"{day - LATE_BY}:{day}",
        "fields": _FIELDS,
    }
    key = values.get("api_key")
    headers = {"x-api-key": key} if key else None

    def fetch(token: str | None) -> bytes:
        further = {"token": token} if token else {}
        return get(f"{SEARCH}?{urlencode(parameters | further)}", headers)

    expected = f"the papers until {day} from {TITLE}"
    return fetch_pages(fetch, _look, expected, most=2 * MAX_PAPERS, about=True)


def _look(raw: bytes) -> Page:
    answer = load_answer(raw, EXPECTED)
    token = answer.get("token")
    return Page(
        len(list_in(answer, "data", EXPECTED)),
        number_in(answer, "total", EXPECTED),
        token if isinstance(token, str) else None,
    )


def _recognises(raw: bytes) -> bool:
    return is_object_with(raw, "total", "data")


def _parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    """One page of an answer; each paper is of its day of publication, or of the day asked for."""
    entries = list_in(load_answer(raw, EXPECTED), "data", EXPECTED)
    found = day or newest_day(map(_publication, entries), EXPECTED)
    return read_papers(
        NAME,
        found,
        entries,
        read=lambda entry: _read(entry, listing_day(_publication(entry), day) or found),
        title_of=lambda entry: entry.get("title") if isinstance(entry, dict) else None,
    )


def _publication(entry: Any) -> date | None:
    """The day that a paper counts as published on."""
    if not isinstance(entry, dict):
        return None
    return day_of(entry.get("publicationDate")) or day_of(f"{entry.get('year')}-1-1")


def _read(entry: Any, day: date) -> PaperRecord:
    if not isinstance(entry, dict):
        raise UnreadablePaper("it is not a paper of Semantic Scholar")
    fields = FieldReader(entry)
    authors = fields.items("authors")
    ids = fields.within("externalIds")
    arxiv, doi = ids.text("ArXiv"), ids.text("DOI")
    return build_record(
        day,
        title=fields.text("title"),
        abstract=fields.text("abstract"),
        arxiv=arxiv,
        doi=doi,
        authors=None if authors is None else len(authors),
        author_names=list(_names(fields, authors or [])),
        published=fields.day("publicationDate"),
        url=None if arxiv or doi else fields.text("url"),
        unreadable=fields.unreadable,
    )


def _names(fields: FieldReader, authors: list[Any]) -> Iterator[str]:
    for author in authors[:MAX_NAMES]:
        name = author.get("name") if isinstance(author, dict) else None
        if isinstance(name, str) and name:
            yield name
        else:
            fields.cannot_read("authors", None)


SEMANTIC_SCHOLAR = Adapter(
    name="semantic-scholar",
    title=TITLE,
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        query_setting('In the syntax of its bulk search: "state space" + (audio | speech) -survey.'),
        api_key_setting("From semanticscholar.org/product/api. Without it requests are often refused."),
    ),
    configured=_configured,
    interval=1.1,
    pause=3_600,
    growing_days=1,
    authority=1,
    about="Papers of all fields by query, by their day of publication, up to two weeks late.",
)
