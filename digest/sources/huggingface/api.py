"""Hugging Face Daily Papers as its API answers: asking for a day, and reading the answer.

A list of entries, each with an inner `paper` and outer fields; any field may be missing. The outer
`publishedAt` was the time of submission until 10 March 2025; since then it is some hours before the
paper's own, and says nothing.
"""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from digest.lib.records import PaperRecord, arxiv_id, clean_text
from digest.sources.adapter import Format, Get
from digest.sources.answer_text import begins_with, decode
from digest.sources.bot_challenge import raise_if_challenge
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect, require_plausible
from digest.sources.record_fields import (
    FieldReader,
    build_record,
    edition_day,
    iso_day,
    load_json,
)

NAME = "api-json"
EXPECTED = "an answer of the Hugging Face daily papers API"
SITE = "https://huggingface.co"
PAGE_SIZE = 100
MAX_PAGES = 20
_DAY_STARTS = timedelta(hours=-3)  # submitted after 21:00 UTC was listed on the next day


def fetch_day(day: date, get: Get) -> list[bytes]:
    """The API's whole answer for `day`: its pages, asked for until one is short, as one JSON array.

    Raises what `get` raises, and SourceChanged if a page is no list or the pages have no end.
    """
    entries: list[Any] = []
    for page in range(MAX_PAGES):
        query = urlencode({"date": day.isoformat(), "limit": PAGE_SIZE, "p": page})
        raw = get(f"{SITE}/api/daily_papers?{query}")
        answer = load_entries(raw.decode("utf-8", "replace"))
        entries += answer
        if len(answer) < PAGE_SIZE:
            return [json.dumps(entries, ensure_ascii=True).encode() if page else raw]
    raise SourceChanged(
        f"Expected fewer than {PAGE_SIZE * MAX_PAGES:,} papers of {day}, found no end of them."
    )


def recognises(raw: bytes) -> bool:
    """Whether it is a JSON list, or an error of the API, which is an object."""
    return begins_with(raw, b"[", b'{"error"')


def parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    """The edition in an answer. An empty list is an edition without papers: weekends have none."""
    entries = load_entries(decode(raw, EXPECTED))
    days = [listing_day(entry) for entry in entries]
    if day is None and not any(days):
        days = [submission_day(entry) for entry in entries]
    found = edition_day(days, day, EXPECTED)
    if not entries:
        return ParsedAnswer(found, NAME, (), ())
    return collect(NAME, found, entries, read=lambda entry: read_entry(entry, found), title_of=title_of)


def load_entries(text: str) -> list[Any]:
    """The list that an answer is."""
    if text.lstrip().startswith("<"):
        raise_if_challenge(text)
    answer = load_json(text, EXPECTED)
    if not isinstance(answer, list):
        raise SourceChanged(f"Expected {EXPECTED} (a list), found {clean_text(text, 100)}")
    require_plausible(len(answer))
    return answer


def listing_day(entry: Any) -> date | None:
    """The day on which an entry says it was listed, if it says so."""
    paper = entry.get("paper") if isinstance(entry, dict) else None
    return iso_day(paper.get("submittedOnDailyAt")) if isinstance(paper, dict) else None


def submission_day(entry: Any) -> date | None:
    """The day for which an entry of before 11 March 2025 was submitted, else None.

    Its outer `publishedAt` is the submission only where that comes after the paper's publication.
    """
    paper = entry.get("paper") if isinstance(entry, dict) else None
    if not isinstance(paper, dict):
        return None
    submitted, published = _time(entry.get("publishedAt")), _time(paper.get("publishedAt"))
    if submitted is None or published is None or submitted <= published:
        return None
    return (submitted - _DAY_STARTS).date()


def _time(text: object) -> datetime | None:
    """The moment that an ISO text with a zone names, if it is one."""
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return time if time and time.tzinfo else None


def title_of(entry: Any) -> object:
    """An entry's title as it stands there, for the report on an entry that cannot be read."""
    if not isinstance(entry, dict):
        return None
    paper = entry.get("paper")
    return (paper.get("title") if isinstance(paper, dict) else None) or entry.get("title")


def read_entry(entry: Any, day: date) -> PaperRecord:
    """The paper of one entry, of an API answer or of the page's data, as listed on `day`."""
    paper = entry.get("paper") or {} if isinstance(entry, dict) else None
    if not isinstance(paper, dict):
        raise UnreadablePaper("it is not an entry of the daily papers")
    fields = FieldReader(entry | {name: value for name, value in paper.items() if value not in (None, "")})
    inner = FieldReader(paper)  # the outer day of publication says nothing
    authors = fields.items("authors")
    arxiv = fields.text("id")
    return build_record(
        day,
        title=fields.text("title"),
        abstract=fields.text("summary"),
        arxiv=arxiv,
        url=page_of(arxiv),
        authors=None if authors is None else len(authors),
        author_names=list(_names(fields, authors or [])),
        organization=_organization(fields),
        published=inner.day("publishedAt"),
        comments=fields.count("numComments"),
        upvotes=fields.count("upvotes"),
        code_url=fields.fields.get("githubRepo"),
        project_url=fields.fields.get("projectPage"),
        summary=fields.fields.get("ai_summary"),
        unreadable=fields.unreadable | inner.unreadable,
    )


def page_of(paper: str) -> str | None:
    """The page on Hugging Face of a paper that is listed there, by its arXiv id."""
    found = arxiv_id(paper)
    return f"{SITE}/papers/{found}" if found else None


def _names(fields: FieldReader, authors: list[Any]) -> Iterator[str]:
    """The names that may be shown: an author hidden on the paper's page counts, but is not named."""
    for author in authors:
        name = author.get("name") if isinstance(author, dict) else author
        if not isinstance(name, str | None):
            name = fields.cannot_read("authors", None)
        if name and not (isinstance(author, dict) and author.get("hidden") is True):
            yield name


def _organization(fields: FieldReader) -> str:
    """The name to show of the organisation, of whichever place names one."""
    named = fields.fields.get("organization")
    if isinstance(named, str):
        return named
    organization = fields.within("organization")
    return organization.text("fullname") or organization.text("name")


FORMAT = Format(NAME, recognises, parse)
