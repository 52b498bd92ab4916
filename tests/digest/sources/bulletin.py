"""A source that only tests know, in one file as CONTRIBUTING.md says: a bulletin of titles.

bulletin of 2025-11-05: 2 papers
Paper boats float
Paper planes fly
"""

import re
from datetime import date

from digest.sources.adapter import Adapter, Format, Get
from digest.sources.answer_text import begins_with, decode
from digest.sources.errors import SourceChanged
from digest.sources.parsed_answer import ParsedAnswer, collect
from digest.sources.record_fields import build_record, require_day

SITE = "https://bulletin.example"
EXPECTED = "a bulletin"
_HEAD = re.compile(r"bulletin of (\d{4}-\d\d-\d\d): (\d{1,4}) papers", re.ASCII)


def recognises(raw: bytes) -> bool:
    return begins_with(raw, b"bulletin of ")


def parse(raw: bytes, day: date | None, _today: date) -> ParsedAnswer:
    head, *titles = decode(raw, EXPECTED).splitlines()
    match = _HEAD.fullmatch(head)
    if match is None or int(match[2]) != len(titles):
        raise SourceChanged(f"Expected {EXPECTED} with all its papers, found {len(titles)}.")
    found = date.fromisoformat(match[1])
    require_day(found, day, EXPECTED)
    if not titles:
        return ParsedAnswer(found, "bulletin-text", (), ())
    return collect(
        "bulletin-text",
        found,
        titles,
        read=lambda title: build_record(found, title=title),
        title_of=lambda title: title,
    )


def fetch_day(day: date, get: Get) -> list[bytes]:
    return [get(f"{SITE}/{day}.txt")]


BULLETIN = Adapter(
    name="bulletin",
    title="The Bulletin",
    formats=(Format("bulletin-text", recognises, parse),),
    fetch_day=fetch_day,
)
