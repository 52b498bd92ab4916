"""From a source's bytes to papers: `parse` for what came, `digest.sources.http.client` for fetching it.

Nothing in here knows Django, Celery, a database, a clock or settings; only `http` knows a network.
"""

import math
from datetime import date

from digest.sources.errors import SourceChanged, SourceUnavailable, WrongDay
from digest.sources.huggingface.api import fetch_daily_papers, parse_answer
from digest.sources.huggingface.page import parse_page
from digest.sources.huggingface.text import parse_text
from digest.sources.jsonl import parse_records
from digest.sources.parsed_edition import ParsedEdition, Rejected

__all__ = [
    "MAX_BYTES",
    "ParsedEdition",
    "Rejected",
    "SourceChanged",
    "SourceUnavailable",
    "WrongDay",
    "fetch_daily_papers",
    "parse",
]

MAX_BYTES = 20_000_000
EXPECTED = "a Daily Papers page, its text, an API answer or JSON Lines"


def parse(raw: bytes, *, today: date, day: date | None = None) -> ParsedEdition:
    """The edition in `raw`, whatever its format, if it is whole and of `day` (None: of any day).

    `today` only dates a page's text that names a day without year. Equal input gives an equal edition.

    Raises WrongDay if it is of another day; SourceUnavailable if it is a bot challenge; SourceChanged,
    in one sentence, if it is anything else: then nothing of it may be stored.
    """
    if len(raw) > MAX_BYTES:
        limit, found = (math.ceil(size / 1_000_000) for size in (MAX_BYTES, len(raw)))
        raise SourceChanged(f"Expected {EXPECTED} of at most {limit} MB, found {found} MB.")
    text = _decode(raw)
    match text.lstrip()[:1]:
        case "":
            raise SourceChanged(f"Expected {EXPECTED}, found nothing: the file is empty.")
        case "[":
            return parse_answer(text, day)
        case "{":
            return parse_records(text, day)
        case "<":
            return parse_page(text, day)
        case _:
            return parse_text(text, today=today, day=day)


def _decode(raw: bytes) -> str:
    """`raw` as text."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceChanged(f"Expected {EXPECTED}, found bytes that are not UTF-8 text.") from error
    if "\0" in text:
        raise SourceChanged(f"Expected {EXPECTED}, found binary data.")
    return text
