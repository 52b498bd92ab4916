"""What was read of a library: papers by their keys, and each line that was not understood."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.lib.messages import DeferredText, deferred
from digest.lib.records import TITLE_LIMIT, clean_text, identify
from digest.library.reading.identifiers import find_identifiers
from digest.sources.tex import plain

_SHOWN = 80
NOTHING_TO_GO_BY = deferred("it has neither an arXiv id, nor a DOI, nor a title")
TOO_MUCH = deferred("from here on nothing was read, for there is too much")
BY_TITLE = "title:"  # what a line begins with that names a paper by its title


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in line `line` of what was read; `title` is empty where none was told."""

    line: int
    key: str
    title: str = ""

    @property
    def written(self) -> str:
        """A line of text that reads back as this paper, but for the number of the line."""
        scheme, _, rest = self.key.partition(":")
        if scheme == "title":
            return f"{BY_TITLE} {self.title}"
        return f"{'arXiv' if scheme == 'arxiv' else scheme}:{rest}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not understood in line `line`, which begins with `text`, and why."""

    line: int
    text: str
    why: DeferredText

    @classmethod
    def at(cls, line: int, text: str, why: DeferredText) -> "Problem":
        return cls(line, clean_text(text[: 4 * _SHOWN], _SHOWN), why)


@dataclass(frozen=True, slots=True)
class Reading:
    """The papers, each once, and the problems, both in the order of the lines."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()


Found = Entry | Problem


def collected(found: Iterable[Found]) -> Reading:
    """All that was found, each paper once: as it was told first."""
    entries: dict[str, Entry] = {}
    problems = []
    for one in found:
        if isinstance(one, Problem):
            problems.append(one)
        else:
            entries.setdefault(one.key, one)
    return Reading(tuple(entries.values()), tuple(problems))


def described(
    line: int, title: str, identifiers: Iterable[str], remarks: Iterable[str], text: str
) -> Iterator[Found]:
    """The one paper that a record of a reference manager is about.

    It goes by its `identifiers`, fields that hold nothing else; then by what `remarks` say of arXiv, which
    is often the name of the journal; then by its title.
    """
    for field in identifiers:
        if keys := find_identifiers(field):
            yield Entry(line, _best(keys), _clean(title))
            return
    for remark in remarks:
        if "arxiv" in remark.lower() and (keys := find_identifiers(remark)):
            yield Entry(line, _best(keys), _clean(title))
            return
    if cleaned := _clean(title):
        yield Entry(line, identify(title=cleaned), cleaned)
    else:
        yield Problem.at(line, text, NOTHING_TO_GO_BY)


def _best(keys: list[str]) -> str:
    """The arXiv id before others."""
    return next((key for key in keys if key.startswith("arxiv:")), keys[0])


def _clean(title: str) -> str:
    r"""The title as people read it: no TeX, no braces that keep capitals; mathematics as it is."""
    source = title[: 4 * TITLE_LIMIT]
    words = plain(source)
    if "$" not in source and r"\(" not in source:
        words = words.replace("{", "").replace("}", "")
    return clean_text(words, TITLE_LIMIT)
