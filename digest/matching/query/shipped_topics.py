"""The shipped topics: reviewed text in shipped_topics.toml, in the order of `position`, with queries."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO

from digest.matching.ast import Query
from digest.matching.query.parser import parse_query


@dataclass(frozen=True, slots=True)
class Preset:
    """One shipped topic; `position` orders topics from 1."""

    slug: str
    name: str
    description: str
    query: str
    colour: str
    position: int

    def wording(self) -> dict[str, str | int]:
        """What is shipped of a topic besides its slug."""
        return {column: value for column, value in asdict(self).items() if column != "slug"}


def _read(path: Path) -> tuple[Preset, ...]:
    topics: list[dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))["topic"]
    return tuple(
        Preset(**{**topic, "query": topic["query"].strip()}, position=position)
        for position, topic in enumerate(topics, start=1)
    )


SECTIONS = ("Trending", "Your library")  # names in a digest that stand beside those of topics


def texts(
    file: IO[bytes],
    _keywords: object,
    _comment_tags: object,
    options: object,  # noqa: ARG001  # Babel names it
) -> Iterator[tuple[int, str, tuple[str, str], list[str]]]:
    """The names and descriptions in the file, and `SECTIONS`, as Babel collects what is to be translated."""
    for topic in tomllib.load(file)["topic"]:
        for text in (topic["name"], topic["description"]):
            yield 0, "pgettext", ("topic", text), []
    for text in SECTIONS:
        yield 0, "pgettext", ("topic", text), []


PRESETS = _read(Path(__file__).with_name("shipped_topics.toml"))


@cache
def preset_queries() -> Mapping[str, Query]:
    """The shipped query of each topic, by slug."""
    return {preset.slug: parse_query(preset.query) for preset in PRESETS}
