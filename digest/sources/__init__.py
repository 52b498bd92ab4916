"""From a source's bytes to papers: `parse` for what came, `digest.sources.http` for fetching it.

Nothing in here knows Django, Celery, a database, a clock or settings; only `http` knows a network. A new
source is one file and one line in `registry`.
"""

from digest.sources.detection import MAX_BYTES, parse, parse_parts
from digest.sources.errors import SourceChanged, SourceRefused, SourceUnavailable, WrongDay
from digest.sources.parsed_answer import ParsedAnswer, Rejected

__all__ = [
    "MAX_BYTES",
    "ParsedAnswer",
    "Rejected",
    "SourceChanged",
    "SourceRefused",
    "SourceUnavailable",
    "WrongDay",
    "parse",
    "parse_parts",
]
