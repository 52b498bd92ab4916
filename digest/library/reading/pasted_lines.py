"""Pasted text: a line names papers by arXiv ids, DOIs or links among other words, or one by its title."""

from collections.abc import Iterator

from digest.lib.messages import deferred
from digest.library.reading.entries import BY_TITLE, Entry, Found, Problem, described
from digest.library.reading.identifiers import find_identifiers

NOTHING_NAMED = deferred("it has no arXiv id, no DOI and no link to a paper")


def papers_in_lines(text: str) -> Iterator[Found]:
    """The papers that each line names, and the lines that name none."""
    for number, line in enumerate(text.split("\n"), start=1):
        before, mark, title = line.partition(BY_TITLE)
        if mark and not before.strip() and (named := list(described(number, title, (), (), line))):
            yield from named
            continue
        keys = find_identifiers(line)
        yield from (Entry(number, key) for key in keys)
        if not keys and line.strip():
            yield Problem.at(number, line, NOTHING_NAMED)
