"""Untrusted fields: checked for their type, cleaned, made into a PaperRecord."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import islice
from typing import Any, TypeVar

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
from digest.sources.parsed_answer import UnreadablePaper, require_plausible
from digest.sources.tex import plain

MAX_COUNT = 2_147_483_647  # what the database's PositiveIntegerField holds
MAX_NAMES = 1_000
MAX_OBJECTS = 300_000  # of JSON, each some hundred bytes of memory; 200 papers of OpenAlex have 40,000
_DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:$|[T ])", re.ASCII)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Fields = Mapping[str, Any]
Instead = TypeVar("Instead")


def load_json(text: str, expected: str) -> Any:
    """`text` as JSON; SourceChanged, naming what was `expected`, if it is none, cut off, deep or large."""
    require_plausible(text.count("{") + text.count("["), MAX_OBJECTS, "objects")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise SourceChanged(f"Expected {expected}, found JSON nested too deeply to be one.") from error
    except ValueError as error:
        raise SourceChanged(
            f"Expected {expected}, found JSON that is broken or cut off ({error})."
        ) from error


class FieldReader:
    """The fields of one entry. What is there but cannot be read is empty, and its name in `unreadable`.

    One wrong field never costs a paper: only without a title it is none.
    """

    def __init__(self, fields: Fields, within: str = "", unreadable: dict[str, None] | None = None) -> None:
        self.fields = fields
        self.unreadable = {} if unreadable is None else unreadable  # in the order in which they were found
        self._within = within

    def text(self, name: str) -> str:
        """The text of a field, "" where it is missing."""
        value = self.fields.get(name)
        if isinstance(value, str):
            return value
        return "" if value is None else self.cannot_read(name, "")

    def items(self, name: str) -> list[Any] | None:
        """The list in a field, None where it is missing."""
        value = self.fields.get(name)
        if value is None or isinstance(value, list):
            return value
        return self.cannot_read(name, None)

    def within(self, name: str) -> "FieldReader":
        """The fields of an object in a field; without any where it is missing.

        What cannot be read of them is noted here too, as "organization.name".
        """
        value = self.fields.get(name)
        if not isinstance(value, Mapping):
            value = {} if value is None else self.cannot_read(name, {})
        return FieldReader(value, f"{self._within}{name}.", self.unreadable)

    def count(self, name: str) -> int | None:
        """The count in a field, as a number or its digits; None where it is missing."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, str) and re.fullmatch(r"\d{1,10}", value.strip(), re.ASCII):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT:
            return value
        return self.cannot_read(name, None)

    def day(self, name: str, not_after: date = date.max) -> date | None:
        """The day of a field that holds a date or time, None where it is missing or not a whole date.

        One `not_after` that day cannot be true.
        """
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        day = day_of(value)
        return day if day and day <= not_after else self.cannot_read(name, None)

    def cannot_read(self, name: str, instead: Instead) -> Instead:
        """Note that a field is there and cannot be read, and say what to take `instead`."""
        self.unreadable[self._within + name] = None
        return instead


def day_of(value: object) -> date | None:
    """The day that a date or time begins with, also one written as "2026-6-30" or "2026/06/30", else None."""
    match = _DAY.match(value.strip()) if isinstance(value, str) else None
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def edition_day(days: Iterable[date | None], asked: date | None, what: str) -> date:
    """The day that was `asked` for, else the one that most of `days` name, of equals the latest.

    Single papers may be of other days: of their own. Raises WrongDay if most are of one day that was not
    asked for, and SourceChanged if no day is named and none asked for.
    """
    votes = Counter(day for day in days if day is not None)
    if not votes:
        if asked is None:
            raise SourceChanged(f"Expected {what} that names its day, found none: say which day it is.")
        return asked
    day = max(votes, key=lambda day: (votes[day], day))
    if asked is not None and votes[day] * 2 > votes.total():
        require_day(day, asked, what)
    return asked or day


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
    other_keys: Iterable[str] = (),
    unreadable: Iterable[str] = (),
    undated: bool = False,
) -> PaperRecord:
    """A paper from what its source says, cleaned, without TeX, and identified; UnreadablePaper if it is none.

    Its key is its arXiv id, else its DOI, else its title; with both, the DOI is one of its `other_keys`.
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
        author_names=tuple(islice(filter(None, names), MAX_NAMES)),
        code_url=safe_link(code_url),
        project_url=safe_link(project_url),
        summary=(plain(clean_text(summary, SUMMARY_LIMIT)) if isinstance(summary, str) else "") or None,
        other_keys=_other_keys(
            key, [identify(title="", arxiv=arxiv, doi=None), identify(title="", doi=doi), *other_keys]
        ),
        unreadable=tuple(unreadable),
        undated=undated,
    )


def _other_keys(key: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Each of the `keys` once, without `key` and those that are of a title."""
    return tuple(dict.fromkeys(one for one in keys if one != key and not one.startswith("title:")))
