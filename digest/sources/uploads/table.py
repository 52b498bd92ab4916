"""Tables of papers, a row a paper: CSV as spreadsheets and reference managers write it.

The first row names the columns, in any order; the letters, and the sign between the cells, are found. A cell
is text whatever it begins with: a formula in it is never worked out.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from digest.lib.records import PaperRecord
from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with
from digest.sources.author_names import names_in
from digest.sources.errors import SourceChanged
from digest.sources.identifiers import arxiv_in, doi_in
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect, require_plausible
from digest.sources.record_fields import FieldReader, build_record, day_of, edition_day
from digest.sources.uploads.export_text import decode_export, decoded

NAME = "table"
EXPECTED = "a table of papers (CSV) with a column for the title"
MAX_LINES = 500_000  # an abstract in a cell may have several
_DELIMITERS = ",;\t|"
_HEAD = 10_000  # bytes in which the names of the columns are
_COLUMNS = {
    "title": ("title", "articletitle", "papertitle", "titel"),
    "abstract": ("abstract", "abstractnote", "summary", "zusammenfassung"),
    "authors": ("authors", "author", "authornames", "authorfullnames", "autoren"),
    "doi": ("doi",),
    "arxiv": ("arxiv", "arxivid", "eprint", "archivelocation", "key"),
    "url": ("url", "link", "urls"),
    "published": ("published", "date", "publicationdate", "datum"),
    "day": ("day", "listed", "tag"),
    "organization": ("organization", "organisation", "institution", "affiliation"),
    "comments": ("comments",),
    "upvotes": ("upvotes", "votes"),
    "code_url": ("codeurl", "code"),
    "project_url": ("projecturl", "project"),
}
_FIELD_OF = {name: field for field, names in _COLUMNS.items() for name in names}
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')  # how spreadsheets keep a number from being one


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Mapping[str, str]
    too_long: bool


def recognises(raw: bytes) -> bool:
    """Whether its first line names the columns of papers."""
    if begins_with(raw, b"<", b"{", b"[", b"@"):
        return False
    head = decoded(raw[:_HEAD]).replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    return _columns(head.partition("\n")[0]) is not None


def parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """The papers in the rows, each of the day in its column for that, else of `day` or `today`."""
    text = decode_export(raw, EXPECTED).lstrip("\n")
    require_plausible(text.count("\n"), MAX_LINES, "lines")
    found = _columns(text.partition("\n")[0])
    if found is None:
        raise SourceChanged(f"Expected {EXPECTED}, found none.")
    delimiter, columns = found
    try:
        rows = list(_rows(text, delimiter, columns))
    except csv.Error as error:
        raise SourceChanged(f"Expected {EXPECTED}, found one that is broken or cut off ({error}).") from error
    require_plausible(len(rows))
    days = [day_of(row.cells.get("day")) for row in rows]
    listed = edition_day(days, day if any(days) else day or today, EXPECTED)
    return collect(
        NAME,
        listed,
        rows,
        read=lambda row: _paper(row, listed),
        title_of=lambda row: row.cells.get("title"),
    )


def _columns(line: str) -> tuple[str, list[str]] | None:
    """The sign between the cells and the fields of the columns ("" for others), if the line names columns."""
    best: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        try:
            names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        fields = [_FIELD_OF.get(re.sub(r"[^a-z]", "", name.casefold()), "") for name in names]
        known = sum(map(bool, fields))
        if "title" in fields and known > max(1, sum(map(bool, best[1])) if best else 0):
            best = delimiter, fields
    return best


def _rows(text: str, delimiter: str, columns: list[str]) -> Iterator[_Row]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    next(rows, None)
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells: dict[str, str] = {}
        for field, cell in zip(columns, row, strict=False):
            value = kept[1] if (kept := _KEPT_AS_TEXT.fullmatch(cell.strip())) else cell.strip()
            if field and value:
                cells.setdefault(field, value)
        yield _Row(cells, len(row) > len(columns))


def _paper(row: _Row, listed: date) -> PaperRecord:
    if row.too_long:
        raise UnreadablePaper("its row has more cells than there are columns")
    fields = FieldReader(row.cells)
    identifiers = [_arxiv(fields.text("arxiv")), fields.text("doi"), fields.text("url")]
    authors = fields.text("authors")
    names = [] if authors.isdigit() else names_in([authors]) if authors else []
    if names is None:
        names = fields.cannot_read("authors", [])
    return build_record(
        fields.day("day") or listed,
        title=without_markup(fields.text("title")),
        abstract=without_markup(fields.text("abstract")),
        arxiv=arxiv_in(identifiers),
        doi=doi_in(identifiers),
        authors=fields.count("authors") if authors.isdigit() else len(names) or None,
        author_names=names,
        organization=fields.text("organization"),
        published=fields.day("published"),
        comments=fields.count("comments"),
        upvotes=fields.count("upvotes"),
        url=fields.text("url"),
        code_url=fields.text("code_url"),
        project_url=fields.text("project_url"),
        unreadable=fields.unreadable,
    )


def _arxiv(text: str) -> str:
    """An arXiv id as one: its column holds nothing else."""
    return text if ":" in text or not text else f"arxiv:{text}"


FORMAT = Format(NAME, recognises, parse)
