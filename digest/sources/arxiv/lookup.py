"""arXiv's API, asked for papers by their ids. It is no source of editions, so it is in no registry.

Ids that do not exist are left out of its answer; one that cannot be an id spoils the whole request, which is
then answered by HTTP 400, or by an entry about the error.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC
from urllib.parse import quote

from lxml import etree

from digest.lib.records import PaperRecord
from digest.sources.arxiv import api
from digest.sources.arxiv.api import INTERVAL, SITE
from digest.sources.parsed_answer import UnreadablePaper

__all__ = ["INTERVAL", "MOST_IDS", "SITE", "address_of", "parse"]

MOST_IDS = 100  # in one request


def address_of(ids: Iterable[str]) -> str:
    """Where to ask for the papers with these ids."""
    wanted = ",".join(quote(one, safe="/") for one in ids)
    return f"{SITE}/api/query?max_results={MOST_IDS}&id_list={wanted}"


def parse(raw: bytes) -> list[PaperRecord]:
    """The papers of an answer, each of the day on which it first appeared; what is unreadable is left out.

    Raises SourceChanged for what is no such feed, SourceRefused for one about an error.
    """
    return list(_records(api.load(raw)))


def _records(feed: etree._Element) -> Iterator[PaperRecord]:
    for entry in api.entries_of(feed):
        submitted = api.submitted(entry)
        if api.id_of(entry) is None or submitted is None:
            continue
        try:
            yield api.read_entry(entry, submitted.astimezone(UTC).date())
        except UnreadablePaper:
            continue
