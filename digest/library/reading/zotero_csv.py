"""Papers of a table, as Zotero exports it: a row a paper, columns by their names."""

import csv
import io
from collections.abc import Iterator

from digest.lib.messages import deferred
from digest.library.reading.entries import Found, Problem, described

NO_TABLE = deferred("the table cannot be read from here on")

_IDENTIFIERS = ("doi", "url", "arxiv id", "archive location")
_REMARKS = ("extra", "publication title", "archive", "number", "report number", "notes")


def is_table(text: str) -> bool:
    """Whether its first line names the columns of papers."""
    columns = _columns(next(iter(text.split("\n")), ""))
    return "title" in columns and bool({"doi", "url"} & set(columns))


def papers_of_table(text: str) -> Iterator[Found]:
    """The paper of each row, which may be several lines long."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    began = 1
    try:
        for row in rows:
            line, began = began, rows.line_num + 1
            if not columns:
                columns = [name.strip().lower() for name in row]
            elif any(row):
                told = dict(zip(columns, row, strict=False))
                yield from described(
                    line,
                    told.get("title", ""),
                    [told[name] for name in _IDENTIFIERS if name in told],
                    [told[name] for name in _REMARKS if name in told],
                    ",".join(row),
                )
    except csv.Error:
        yield Problem.at(began, text.split("\n")[min(began, len(text.split("\n"))) - 1], NO_TABLE)


def _columns(line: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader([line]), [])]
    except csv.Error:
        return []
