"""Papers and labels in JSON Lines, as scripts and evaluations hand them over."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.papers import title_key


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
    day = entry.get("day")
    return PlainPaper(
        key=str(entry.get("id") or entry.get("key") or title_key(entry["title"])),
        title=str(entry["title"]),
        abstract=str(entry.get("abstract") or ""),
        author_names=tuple(entry.get("author_names") or ()),
        organization=entry.get("organization"),
        upvotes=entry.get("upvotes"),
        comments=entry.get("comments"),
        authors=entry.get("authors"),
        day=date.fromisoformat(day) if day else None,
        topics=tuple(entry.get("topics") or ()),
        ambiguous=tuple(entry.get("ambiguous") or ()),
    )
