"""Untrusted fields: checked for their type, cleaned, made into a PaperRecord."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from digest.lib.records import (
    ABSTRACT_LIMIT,
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    PaperRecord,
    clean_text,
    identify,
    paper_url,
    safe_link,
)
from digest.sources.errors import SourceChanged, WrongDay
from digest.sources.parsed_edition import UnreadablePaper
from digest.sources.tex import plain

MAX_COUNT = 2_147_483_647  # what the database's PositiveIntegerField holds
MAX_NAMES = 1_000
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Fields = Mapping[str, Any]


def load_json(text: str, expected: str) -> Any:
    """`text` as JSON; SourceChanged, naming what was `expected`, if it is none, cut off or too deep."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise SourceChanged(f"Expected {expected}, found JSON nested too deeply to be one.") from error
    except ValueError as error:
        raise SourceChanged(
            f"Expected {expected}, found JSON that is broken or cut off ({error})."
        ) from error


def text_field(fields: Fields, name: str) -> str:
    """The text of a field, "" where it is missing."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadablePaper(f"its {name} is not text")
    return value


def list_field(fields: Fields, name: str) -> list[Any] | None:
    """The list in a field, None where it is missing."""
    value = fields.get(name)
    if value is not None and not isinstance(value, list):
        raise UnreadablePaper(f"its {name} is not a list")
    return value


def count_field(fields: Fields, name: str) -> int | None:
    """The count in a field, None where it is missing."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnreadablePaper(f"its {name} is not a whole number")
    return count(value, name)


def count(value: int, name: str) -> int:
    """`value` if it can be stored as a count."""
    if not 0 <= value <= MAX_COUNT:
        raise UnreadablePaper(f"its {name} is not between 0 and {MAX_COUNT:,}")
    return value


def day_field(fields: Fields, name: str) -> date | None:
    """The day of a field that holds an ISO date or time, None where it is missing."""
    value = text_field(fields, name)
    day = iso_day(value)
    if value and day is None:
        raise UnreadablePaper(f"its {name} is not a date")
    return day


def iso_day(value: object) -> date | None:
    """The day that an ISO date or time begins with ("2025-11-05T00:00:00.000Z"), as written, else None."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d(?:$|[T ])", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def edition_day(days: Iterable[date | None], asked: date | None, what: str) -> date:
    """The day that most of `days` name, which must be the one `asked` for; where none is named, `asked`.

    Single papers may deviate. Raises WrongDay if the day is another one, SourceChanged if papers of
    many days are mixed, or if no day is named and none asked for.
    """
    votes = Counter(day for day in days if day is not None)
    if not votes:
        if asked is None:
            raise SourceChanged(
                f"Expected {what} that names its day, found none: say which day it is with --date."
            )
        return asked
    day, number = votes.most_common(1)[0]
    if number * 2 <= votes.total():
        raise SourceChanged(f"Expected {what} of one day, found papers of {len(votes)} days mixed.")
    require_day(day, asked, what)
    return day


def require_day(found: date, asked: date | None, what: str) -> None:
    """Raise WrongDay unless `found` is the day that was `asked` for, or any day would do."""
    if asked is not None and found != asked:
        raise WrongDay(f"Expected {what} of {asked}, found that of {found}.")


def build_record(  # noqa: PLR0913  one keyword for each thing a source may say
    day: date,
    *,
    title: str,
    abstract: str = "",
    arxiv: str | None = None,
    doi: str | None = None,
    authors: int | None = None,
    author_names: Iterable[str] = (),
    organization: str = "",
    published: date | None = None,
    comments: int | None = None,
    upvotes: int | None = None,
    url: object = None,
    code_url: object = None,
    project_url: object = None,
    summary: object = None,
) -> PaperRecord:
    """A paper from what its source says, cleaned, without TeX, and identified; UnreadablePaper if it is none.

    Links that are not safe to print are left out, and a summary that is no text.
    """
    if _LONE_SURROGATE.search(title):
        raise UnreadablePaper("its title is damaged (it holds half a character)")
    title = plain(clean_text(title, TITLE_LIMIT))
    if not title:
        raise UnreadablePaper("it has no title")
    key = identify(title=title, arxiv=arxiv, doi=doi)
    names = (plain(clean_text(name, NAME_LIMIT)) for name in author_names)
    return PaperRecord(
        key=key,
        title=title,
        abstract=plain(clean_text(abstract, ABSTRACT_LIMIT)),
        authors=authors,
        organization=plain(clean_text(organization, NAME_LIMIT)) or None,
        published=published,
        comments=comments,
        upvotes=upvotes,
        url=safe_link(url) or paper_url(key, title),
        day=day,
        author_names=tuple(name for name in names if name)[:MAX_NAMES],
        code_url=safe_link(code_url),
        project_url=safe_link(project_url),
        summary=(plain(clean_text(summary, SUMMARY_LIMIT)) if isinstance(summary, str) else "") or None,
    )
