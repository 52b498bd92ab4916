"""The adapters that there are: a source is added here, by one line.

Bytes of unknown origin are offered to the formats in this order; the first that recognises them reads them.
So who knows feeds or lists of one kind stands before who reads any.
"""

from digest.sources.adapter import Adapter
from digest.sources.arxiv import ARXIV, ARXIV_QUERY
from digest.sources.feeds import FEED
from digest.sources.huggingface import HUGGING_FACE
from digest.sources.jsonl import JSON_LINES
from digest.sources.literature.biorxiv import BIORXIV
from digest.sources.literature.europe_pmc import EUROPE_PMC
from digest.sources.literature.openalex import OPENALEX
from digest.sources.literature.openreview import OPENREVIEW
from digest.sources.literature.pubmed import PUBMED
from digest.sources.literature.semantic_scholar import SEMANTIC_SCHOLAR
from digest.sources.uploads import UPLOADS

ADAPTERS: tuple[Adapter, ...] = (
    HUGGING_FACE,
    ARXIV,
    ARXIV_QUERY,
    BIORXIV,
    EUROPE_PMC,
    PUBMED,
    OPENALEX,
    SEMANTIC_SCHOLAR,
    OPENREVIEW,
    FEED,  # any feed: after those that know theirs better
    UPLOADS,
    JSON_LINES,  # any line that may be a JSON object: last
)


def adapter_called(name: str) -> Adapter | None:
    """The adapter of that name, if this version has it."""
    return next((adapter for adapter in ADAPTERS if adapter.name == name), None)


def adapter_reading(form: str) -> Adapter:
    """The adapter that has the format of this name; KeyError if none does."""
    for adapter in ADAPTERS:
        if any(known.name == form for known in adapter.formats):
            return adapter
    raise KeyError(form)


def fed_by_hand() -> list[str]:
    """The names of the adapters that cannot be fetched."""
    return [adapter.name for adapter in ADAPTERS if not adapter.can_be_fetched]


def choices() -> list[tuple[str, str]]:
    """Names and titles, for forms, filters and lists."""
    return [(adapter.name, adapter.title) for adapter in ADAPTERS]
