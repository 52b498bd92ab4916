"""Papers and labels in JSON Lines, as scripts and evaluations hand them over."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from digest.lib.records import title_key

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlainPaper:
    """A paper as one line gives it; what the line does not say is None or empty."""

    key: str
    title: str
    abstract: str
    author_names: tuple[str, ...] = ()
    organization: str | None = None
    source_names: tuple[str, ...] = ()
    upvotes: int | None = None
    comments: int | None = None
    authors: int | None = None
    day: date | None = None
    topics: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()


class UnreadableLine(ValueError):
    """A line that is no paper: its number, and what is wrong with it."""


def read_papers(lines: Iterable[str]) -> Iterator[PlainPaper]:
    """The papers of lines with at least a `title`; without `id` or `key` it is the key, too.

    Raises `UnreadableLine`.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _paper(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                raise UnreadableLine(
                    f"Line {number} is no paper with id, title and abstract: {error!r}"
                ) from error


def _paper(entry: dict[str, Any]) -> PlainPaper:
    title, day = _given(entry, "title", str), _given(entry, "day", str)
    if title is None:
        raise KeyError("title")
    return PlainPaper(
        key=str(entry.get("id") or entry.get("key") or title_key(title)),
        title=title,
        abstract=_given(entry, "abstract", str) or "",
        author_names=_names(entry, "author_names"),
        organization=_given(entry, "organization", str),
        upvotes=_given(entry, "upvotes", int),
        comments=_given(entry, "comments", int),
        authors=_given(entry, "authors", int),
        day=date.fromisoformat(day) if day else None,
        topics=_names(entry, "topics"),
        ambiguous=_names(entry, "ambiguous"),
    )


def _names(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    names = tuple(_given(entry, name, list) or ())
    if not all(isinstance(one, str) for one in names):
        raise TypeError(f"{name} holds more than text")
    return names


def _given(entry: dict[str, Any], name: str, kind: type[T]) -> T | None:
    value = entry.get(name)
    if value is not None and type(value) is not kind:  # isinstance would let true pass for a number
        raise TypeError(f"{name} is {value!r}")
    return value
