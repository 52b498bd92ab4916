"""Answers of literature indexes: loaded, checked for errors and for being whole, and read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from digest.lib.records import PaperRecord, clean_text
from digest.sources.answer_text import begins_with, decode
from digest.sources.bot_challenge import raise_if_challenge
from digest.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from digest.sources.parsed_answer import MAX_PAPERS, Entry, ParsedAnswer, Rejected, collect, require_plausible
from digest.sources.record_fields import FieldReader, Fields, load_json

LATE_BY = timedelta(days=13)  # two weeks with the day itself: so late some indexes add papers
_HEAD = 4_000  # bytes in which an answer shows what it is
_MOST_PAGES = 500
_NAMELESS = 3
_ERRORS = ("errMsg", "message", "error")  # by which name these indexes say what is wrong
_PASSING = {"408", "425", "429", "500", "502", "503", "504"}


def is_object_with(raw: bytes, *names: str) -> bool:
    """Whether it begins like a JSON object with fields of all these names."""
    return begins_with(raw, b"{") and all(f'"{name}"'.encode() in raw[:_HEAD] for name in names)


def load_answer(raw: bytes, expected: str) -> Fields:
    """The object that an answer is.

    Raises SourceUnavailable for an empty answer, a bot challenge and an error that passes, SourceRefused for
    another error, both with the source's words, and SourceChanged for what is no such object.
    """
    raise_if_empty(raw, expected)
    text = decode(raw, expected)
    if text.lstrip().startswith("<"):
        raise_if_challenge(text)
    # PubMed writes bare line breaks into the words of an error.
    answer = load_json(text.replace("\n", " "), expected)
    if not isinstance(answer, dict):
        raise SourceChanged(f"Expected {expected}, found {clean_text(text, 100)}")
    raise_if_error(answer, expected)
    return answer


def raise_if_empty(raw: bytes, expected: str) -> None:
    """Raise SourceUnavailable for an answer of nothing, which some of them give when they are overloaded."""
    if not raw.strip():
        raise SourceUnavailable(f"Expected {expected}, found nothing: the answer is empty.")


def raise_if_error(answer: Fields, expected: str) -> None:
    """Raise the error that an answer is, if it is one: SourceUnavailable if it passes, else SourceRefused."""
    words = next((answer[name] for name in _ERRORS if answer.get(name)), None)
    if words is None:
        return
    code = str(answer.get("code") or answer.get("errCode") or answer.get("status"))
    passes = code in _PASSING or "rate limit" in str(words).lower()
    error = SourceUnavailable if passes else SourceRefused
    raise error(f"Expected {expected}, found the error “{clean_text(str(words), 200)}”.")


def list_in(fields: Fields, name: str, expected: str) -> list[object]:
    """The list in a field without which an answer is none."""
    entries = fields.get(name)
    if not isinstance(entries, list):
        raise SourceChanged(f"Expected {expected} (with a list of “{name}”), found none in it.")
    require_plausible(len(entries))
    return entries


def number_in(fields: Fields, name: str, expected: str) -> int:
    """How many papers an answer says that there are, as a number or its digits."""
    number = FieldReader(fields).count(name)
    if number is None:
        raise SourceChanged(f"Expected {expected} (with the number of papers in “{name}”), found none in it.")
    return number


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer: how many papers it holds, how many there are in all, the next page’s cursor."""

    papers: int
    total: int | None
    following: str | None


def fetch_pages(
    fetch: Callable[[str | None], bytes],
    look: Callable[[bytes], Page],
    expected: str,
    *,
    most: int = MAX_PAPERS,
    about: bool = False,
) -> list[bytes]:
    """All pages of an answer, each fetched by the cursor that the one before names, the first by None.

    However many papers the source puts on a page, pages are fetched until all came. Raises SourceChanged,
    naming the figures, if fewer papers come than the source says there are (a tenth fewer, if it says so
    only `about`), or if there are more than `most`.
    """
    parts: list[bytes] = []
    came = 0
    cursor: str | None = None
    said: int | None = None  # the last total: a page behind all others may not say it
    for _ in range(_MOST_PAGES):
        raw = fetch(cursor)
        page = look(raw)
        said = said if page.total is None else page.total
        total = came + page.papers if said is None else said
        require_plausible(total, most)
        came += page.papers
        if page.papers or not parts:
            parts.append(raw)
        complete = came >= total and said is not None and not about
        if complete or not page.papers or page.following in {None, cursor}:
            require_all(came, total - total // 10 if about else total, expected)
            return parts
        cursor = page.following
    raise SourceChanged(
        f"Expected {expected} on at most {_MOST_PAGES} pages, found {came:,} papers and no end."
    )


def require_all(came: int, total: int, expected: str) -> None:
    """Raise SourceChanged, naming both figures, if fewer papers came than the source says there are."""
    if came < total:
        raise SourceChanged(f"Expected {expected} with all {total:,} papers, found {came:,} of them.")


def newest_day(days: Iterable[date | None], expected: str) -> date:
    """The newest of the days that are known; SourceChanged if none is."""
    known = [day for day in days if day]
    if not known:
        raise SourceChanged(f"Expected {expected} that names its day, found none: say which day it is.")
    return max(known)


def listing_day(own: date | None, asked: date | None) -> date | None:
    """The day to list a paper on: its own, where a day is `asked` for only if it is not `LATE_BY` before."""
    if own is None or asked is None or asked - LATE_BY <= own <= asked:
        return own
    return None


def read_papers(
    form: str,
    day: date,
    entries: list[Entry],
    *,
    read: Callable[[Entry], PaperRecord],
    title_of: Callable[[Entry], object],
) -> ParsedAnswer:
    """The papers in `entries`, as `collect` reads them; an answer without any has no papers.

    Indexes have works without a title: a few of them that are alone on a last page are no sign of a change.
    """
    nameless = [place for place, entry in enumerate(entries, start=1) if not title_of(entry)]
    if len(nameless) == len(entries) <= _NAMELESS:
        rejected = tuple(Rejected(place, "", "it has no title") for place in nameless)
        return ParsedAnswer(day, form, (), rejected)
    return collect(form, day, entries, read=read, title_of=title_of)
