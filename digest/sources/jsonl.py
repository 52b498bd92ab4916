"""Papers as JSON Lines, one PaperRecord a line, as `manage.py ingest --dry-run --json` prints them.

So an edition can be carried from one instance to another, or written by hand. A null "key" is derived;
author_names, code_url, project_url and summary, a line of the source's own, may be added.
"""

from datetime import date
from typing import Any

from digest.lib.records import PaperRecord
from digest.sources.adapter import Adapter, Format
from digest.sources.answer_text import begins_with, decode
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, collect, require_plausible
from digest.sources.record_fields import (
    FieldReader,
    build_record,
    day_of,
    edition_day,
    load_json,
)

NAME = "records"
MAX_LINES = 100_000
EXPECTED = "papers as JSON Lines (one object a line)"


def recognises(raw: bytes) -> bool:
    """Whether it may begin with a JSON object."""
    return begins_with(raw, b"{")


def parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    """The papers in the lines, each of the day that its line names, else of `day` or of most lines' day."""
    require_plausible(raw.count(b"\n"), MAX_LINES, "lines")
    lines = [line for line in decode(raw, EXPECTED).split("\n") if line.strip()]
    require_plausible(len(lines))
    records = [load_json(line, EXPECTED) for line in lines]
    if not all(isinstance(record, dict) for record in records):
        raise SourceChanged(f"Expected {EXPECTED}, found a line that is none.")
    found = edition_day((day_of(record.get("day")) for record in records), day, EXPECTED)
    return collect(
        NAME,
        found,
        records,
        read=lambda record: _read(record, found),
        title_of=lambda record: record.get("title"),
    )


def _read(record: dict[str, Any], day: date) -> PaperRecord:
    fields = FieldReader(record)
    key = fields.text("key")
    names = fields.items("author_names") or []
    if not all(isinstance(name, str) for name in names):
        names = fields.cannot_read("author_names", [name for name in names if isinstance(name, str)])
    return build_record(
        fields.day("day") or day,
        title=fields.text("title"),
        abstract=fields.text("abstract"),
        arxiv=key if key.startswith("arxiv:") else None,
        doi=key if key.startswith("doi:") else None,
        authors=fields.count("authors"),
        author_names=names,
        organization=fields.text("organization"),
        published=fields.day("published"),
        comments=fields.count("comments"),
        upvotes=fields.count("upvotes"),
        url=fields.text("url"),
        code_url=fields.text("code_url"),
        project_url=fields.text("project_url"),
        summary=fields.text("summary"),
        unreadable=fields.unreadable,
    )


JSON_LINES = Adapter(
    name="none",  # as sources fed by hand have always been stored
    title="Papers as JSON Lines",
    formats=(Format(NAME, recognises, parse),),
    fetch_day=None,
    about="As “manage.py ingest --json” prints them: to carry days from one service to another.",
)
