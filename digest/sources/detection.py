"""From bytes to papers, whatever their format."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from digest.lib.records import PaperRecord, clean_text
from digest.sources import registry
from digest.sources.adapter import Adapter
from digest.sources.answer_text import decode
from digest.sources.bot_challenge import raise_if_challenge
from digest.sources.errors import SourceChanged, WrongDay
from digest.sources.parsed_answer import ParsedAnswer

MAX_BYTES = 10_000_000
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,1000})", re.IGNORECASE)


def parse(
    raw: bytes, *, today: date, day: date | None = None, adapter: Adapter | None = None
) -> ParsedAnswer:
    """The edition in `raw`, if it is whole and of `day` (None: of any day).

    It must be of a format of `adapter`, or of any that is known if that is None. `today` only dates a
    page's text that names a day without year, and tells which days are still to come: no paper is of such a
    day. Equal input gives an equal edition.

    Raises WrongDay if it is of another day; SourceUnavailable if it is a bot challenge; SourceChanged,
    in one sentence, if it is anything else: then nothing of it may be stored.
    """
    adapters = registry.ADAPTERS if adapter is None else (adapter,)
    expected = adapter.title if adapter else "papers in a format that is known"
    if len(raw) > MAX_BYTES:
        limit, found = (math.ceil(size / 1_000_000) for size in (MAX_BYTES, len(raw)))
        raise SourceChanged(f"Expected {expected} of at most {limit} MB, found {found} MB.")
    for one in adapters:
        for form in one.formats:
            if form.recognises(raw):
                return _come(
                    form.parse(raw, day, today), today=max(today, day or today), instead=day or today
                )
    raise _unknown(raw, expected)


def parse_parts(
    parts: Sequence[bytes], *, today: date, day: date | None = None, adapter: Adapter | None = None
) -> ParsedAnswer:
    """What the parts of one answer list together, each paper once; see `parse`, which reads each."""
    read = [parse(part, today=today, day=day, adapter=adapter) for part in parts[:1]]
    for part in parts[1:]:
        try:
            read.append(parse(part, today=today, day=day, adapter=adapter))
        except (
            WrongDay
        ):  # the last page may hold one paper, of another day: the first says whose answer it is
            read.append(parse(part, today=today, adapter=adapter))
    if len(read) == 1:
        return read[0]
    papers = _each_once(paper for one in read for paper in one.papers)
    updates = _each_once(paper for one in read for paper in one.updates)
    return ParsedAnswer(
        day or max(one.day for one in read),
        read[0].format,
        tuple(papers.values()),
        tuple(entry for one in read for entry in one.rejected),
        tuple(paper for key, paper in updates.items() if key not in papers),
        max((one.issued for one in read if one.issued), default=None),
    )


def _come(parsed: ParsedAnswer, *, today: date, instead: date) -> ParsedAnswer:
    """The answer without days still to come, as of a clock that is wrong; `today` ends last in the east.

    Papers of such a day name none that could be read: they are of the day `instead`.
    """
    latest = today + timedelta(days=1)
    if all(day <= latest for day in (parsed.day, *(paper.day for paper in parsed.papers))):
        return parsed
    papers = (
        replace(paper, day=instead, undated=True, unreadable=(*paper.unreadable, "day"))
        if paper.day > latest
        else paper
        for paper in parsed.papers
    )
    return replace(parsed, papers=tuple(papers), day=parsed.day if parsed.day <= latest else instead)


def _each_once(records: Iterable[PaperRecord]) -> dict[str, PaperRecord]:
    """The first record of each key, by key."""
    found: dict[str, PaperRecord] = {}
    for record in records:
        found.setdefault(record.key, record)
    return found


def _unknown(raw: bytes, expected: str) -> SourceChanged:
    """What to say of bytes that are of no expected format; raises SourceUnavailable for a bot challenge."""
    text = decode(raw, expected)
    raise_if_challenge(text)
    if not text.strip():
        return SourceChanged(f"Expected {expected}, found nothing: the file is empty.")
    if title := _TITLE.search(text):
        return SourceChanged(f"Expected {expected}, found a page titled “{_quoted(title[1])}”.")
    return SourceChanged(f"Expected {expected}, found something that begins with “{_quoted(text[:1_000])}”.")


def _quoted(text: str) -> str:
    """The beginning of untrusted text, printable in one line."""
    return clean_text("".join(c if c.isprintable() else " " for c in text), 80)
