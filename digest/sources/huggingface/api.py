"""Hugging Face Daily Papers as its API answers.

A list of entries, each with an inner `paper` and outer fields; any field may be missing. The outer
`publishedAt` was the time of submission until 10 March 2025; since then it is some hours before the
paper's own, and says nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from digest.lib.records import PaperRecord, arxiv_id, clean_text
from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with, decode
from digest.sources.bot_challenge import raise_if_challenge
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect, require_plausible
from digest.sources.record_fields import (
    FieldReader,
    build_record,
    day_of,
    edition_day,
    load_json,
)

NAME = "api-json"
EXPECTED = "an answer of the Hugging Face daily papers API"
SITE = "https://huggingface.co"
_DAY_STARTS = timedelta(hours=-3)  # submitted after 21:00 UTC was listed on the next day


def recognises(raw: bytes) -> bool:
    """Whether it is a JSON list, or an error of the API, which is an object."""
    return begins_with(raw, b"[", b'{"error"')


def parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """The papers in an answer, each of the day on which it was listed, if it says so.

    An empty list is a day without papers: weekends have none.
    """
    entries = load_entries(decode(raw, EXPECTED))
    days = [listing_day(entry) for entry in entries]
    if day is None and not any(days):
        days = [submission_day(entry) for entry in entries]
    return read_entries(NAME, edition_day(days, day, EXPECTED), entries, today)


def parse_trending(raw: bytes, _day: date | None, today: date) -> ParsedAnswer:
    """The papers in an answer that lists what trends, each of the day on which it is first seen there."""
    return as_trending(load_entries(decode(raw, EXPECTED)), NAME, today)


def as_trending(entries: list[Any], form: str, today: date) -> ParsedAnswer:
    """The papers that trend: the day on which each was listed says nothing."""
    answer = read_entries(form, today, entries, today)
    return replace(answer, papers=tuple(replace(paper, day=today, undated=True) for paper in answer.papers))


def read_entries(form: str, day: date, entries: list[Any], today: date) -> ParsedAnswer:
    """The answer whose entries these are; `day` is that of the entries which name none."""
    if not entries:
        return ParsedAnswer(day, form, (), ())
    latest = max(day, today) + timedelta(days=1)
    return collect(form, day, entries, read=lambda entry: _read(entry, day, latest), title_of=_title_of)


def load_entries(text: str) -> list[Any]:
    """The list that an answer is."""
    if text.lstrip().startswith("<"):
        raise_if_challenge(text)
    answer = load_json(text, EXPECTED)
    if not isinstance(answer, list):
        raise SourceChanged(f"Expected {EXPECTED} (a list), found {clean_text(text, 100)}")
    require_plausible(len(answer))
    return answer


def paper_of(entry: Any) -> dict[str, Any]:
    """The inner object of an entry; an empty one where it has none."""
    paper = entry.get("paper") if isinstance(entry, dict) else None
    return paper if isinstance(paper, dict) else {}


def listing_day(entry: Any) -> date | None:
    """The day on which an entry says it was listed, if it says so."""
    return day_of(paper_of(entry).get("submittedOnDailyAt"))


def submission_day(entry: Any) -> date | None:
    """The day for which an entry of before 11 March 2025 was submitted, else None.

    Its outer `publishedAt` is the submission only where that comes after the paper's publication.
    """
    if not (paper := paper_of(entry)):
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


def _title_of(entry: Any) -> object:
    """An entry's title as it stands there, for the report on an entry that cannot be read."""
    return paper_of(entry).get("title") or (entry.get("title") if isinstance(entry, dict) else None)


def _read(entry: Any, day: date, latest: date) -> PaperRecord:
    """The paper of one entry, of an API answer or of the page's data.

    It is of the day on which it was listed, if that is no later than `latest`, else of `day`.
    """
    if not isinstance(entry, dict):
        raise UnreadablePaper("it is not an entry of the daily papers")
    paper = paper_of(entry)
    outer = FieldReader(entry)
    inner = FieldReader(paper, unreadable=outer.unreadable)
    filled = {name: value for name, value in paper.items() if value not in (None, "")}
    either = FieldReader(entry | filled, unreadable=outer.unreadable)
    authors = either.items("authors")
    arxiv = inner.text("id")
    return build_record(
        inner.day("submittedOnDailyAt", not_after=latest) or day,
        title=inner.text("title") or outer.text("title"),
        abstract=inner.text("summary") or outer.text("summary"),
        arxiv=arxiv,
        url=page_of(arxiv),
        authors=None if authors is None else len(authors),
        author_names=list(_names(either, authors or [])),
        organization=_organization(either),
        published=inner.day("publishedAt"),  # the outer day of publication says nothing
        comments=either.count("numComments"),
        upvotes=either.count("upvotes"),
        code_url=either.text("githubRepo"),
        project_url=either.text("projectPage"),
        summary=either.text("ai_summary"),
        unreadable=outer.unreadable,
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
TRENDING = Format(NAME, recognises, parse_trending)
