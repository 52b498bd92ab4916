"""Europe PMC, asked for what entered its index on a day: PubMed, PMC, preprints and more.

https://europepmc.org/RestfulWebService: a search, its pages chained by `cursorMark`. The day is that on which
a record was first indexed: by the day of publication, which may lie months away on either side, what is
entered late would be missed.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.lib.records import PaperRecord
from digest.sources.adapter import Adapter, Format, Get, Values
from digest.sources.literature.answers import (
    Page,
    fetch_pages,
    is_object_with,
    list_in,
    load_answer,
    newest_day,
    number_in,
    read_papers,
)
from digest.sources.literature.choices import query_setting, require_value
from digest.sources.literature.titles import plain_title
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper
from digest.sources.record_fields import MAX_NAMES, FieldReader, Fields, build_record, day_of

NAME = "europe-pmc-json"
TITLE = "Europe PMC"
EXPECTED = "an answer of Europe PMC's search"
SEARCH = "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
PAGE_SIZE = 200  # of 1,000 that may be asked for: so many abstracts with all their authors are some 2 MB


def _configured(values: Values) -> Adapter:
    return replace(EUROPE_PMC, fetch_day=lambda day, get: _fetch_day(values, day, get))


def _fetch_day(values: Values, day: date, get: Get) -> list[bytes]:
    query = f"({require_value(values, 'query', TITLE)}) AND (FIRST_IDATE:[{day} TO {day}])"
    parameters = {"query": query, "resultType": "core", "format": "json", "pageSize": str(PAGE_SIZE)}
    return fetch_pages(
        lambda cursor: get(f"{SEARCH}?{urlencode(parameters | {'cursorMark': cursor or '*'})}"),
        _look,
        f"the papers of {day} from {TITLE}",
    )


def _look(raw: bytes) -> Page:
    answer = load_answer(raw, EXPECTED)
    following = answer.get("nextCursorMark")
    return Page(
        len(_entries(answer)),
        number_in(answer, "hitCount", EXPECTED),
        following if isinstance(following, str) else None,
    )


def _recognises(raw: bytes) -> bool:
    return is_object_with(raw, "hitCount", "request") or is_object_with(raw, "hitCount", "resultList")


def _parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    """One page of an answer; its papers are of the day asked for, or else of that of their indexing."""
    entries = _entries(load_answer(raw, EXPECTED))
    found = newest_day([day, *map(_indexed, entries)], EXPECTED)
    return read_papers(
        NAME,
        found,
        entries,
        read=lambda entry: _read(entry, day or _indexed(entry) or found),
        title_of=lambda entry: _field(entry, "title"),
    )


def _entries(answer: Fields) -> list[Any]:
    within = answer.get("resultList")
    return list_in(within if isinstance(within, dict) else {}, "result", EXPECTED)


def _indexed(entry: Any) -> date | None:
    return day_of(_field(entry, "firstIndexDate"))


def _field(entry: Any, name: str) -> object:
    return entry.get(name) if isinstance(entry, dict) else None


def _read(entry: Any, day: date) -> PaperRecord:
    if not isinstance(entry, dict):
        raise UnreadablePaper("it is not a record of Europe PMC")
    fields = FieldReader(entry)
    listed = fields.within("authorList").items("author")
    names = list(_names(fields, listed))
    doi = fields.text("doi")
    return build_record(
        day,
        title=plain_title(fields.text("title")),
        abstract=without_markup(fields.text("abstractText")),
        doi=doi,
        authors=len(names if listed is None else listed) or None,
        author_names=names,
        published=fields.day("firstPublicationDate"),
        url=None if doi else f"https://europepmc.org/article/{fields.text('source')}/{fields.text('id')}",
        unreadable=fields.unreadable,
    )


def _names(fields: FieldReader, listed: list[Any] | None) -> Iterator[str]:
    """The authors' names, whole where they are listed, else as the line of authors has them."""
    if not all(isinstance(author, dict) for author in listed or []):
        fields.cannot_read("authorList", None)
    for author in (listed or [])[:MAX_NAMES]:
        name = FieldReader(author if isinstance(author, dict) else {})
        whole = f"{name.text('firstName')} {name.text('lastName')}".strip() if name.text("firstName") else ""
        yield whole or name.text("fullName") or name.text("lastName") or name.text("collectiveName")
    if listed is None:
        yield from (fields.text("authorString").rstrip(". ").split(", "))


EUROPE_PMC = Adapter(
    name="europe-pmc",
    title=TITLE,
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        query_setting(
            'In Europe PMC’s own syntax, as in its search box: TITLE_ABS:"sleep apnea" AND SRC:PPR.'
        ),
    ),
    configured=_configured,
    pause=3_600,
    authority=1,
    about="Articles and preprints of the life sciences by query, on the day of their indexing; with PubMed.",
)
