"""From a source's bytes to papers: `parse` for what came, `digest.sources.http` for fetching it.

Nothing in here knows Django, Celery, a database, a clock or settings; only `http` knows a network. A new
source is one file and one line in `registry`.
"""

from digest.sources.detection import MAX_BYTES, parse
from digest.sources.errors import SourceChanged, SourceRefused, SourceUnavailable, WrongDay
from digest.sources.parsed_edition import ParsedEdition, Rejected

__all__ = [
    "MAX_BYTES",
    "ParsedEdition",
    "Rejected",
    "SourceChanged",
    "SourceRefused",
    "SourceUnavailable",
    "WrongDay",
    "parse",
]
