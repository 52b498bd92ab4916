"""Asking the Hugging Face API: for the papers of a day, of this week or month, or for what trends."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.sources.adapter import Get
from digest.sources.errors import SourceChanged
from digest.sources.huggingface.api import SITE, listing_day, load_entries, paper_of

PAGE_SIZE = 100  # the most that the API gives
MAX_PAGES = 20
DEFAULT_SIZE = 50  # a first page of fewer papers was not cut by any limit seen yet


def fetch_day(day: date, get: Get) -> list[bytes]:
    """The pages of the answer for `day`; see `_pages`."""
    return _pages({"date": day.isoformat()}, get)


def fetch_trending(get: Get) -> list[bytes]:
    """The first page of what trends now: there is no end of it."""
    return [get(_url({"sort": "trending", "limit": PAGE_SIZE}))]


def fetch_week(get: Get) -> list[bytes]:
    """The pages of the week in which the last papers were listed."""
    return _pages({"week": f"{_last_day(get):%G-W%V}"}, get)


def fetch_month(get: Get) -> list[bytes]:
    """The pages of the month in which the last papers were listed."""
    return _pages({"month": f"{_last_day(get):%Y-%m}"}, get)


LATEST: dict[str, Callable[[Get], list[bytes]]] = {
    "week": fetch_week,
    "month": fetch_month,
    "trending": fetch_trending,
}


def _last_day(get: Get) -> date:
    """The last day on which papers were listed: nothing else here knows what today is."""
    entries = load_entries(get(_url({"limit": 1})).decode("utf-8", "replace"))
    days = [day for entry in entries if (day := listing_day(entry))]
    if not days:
        raise SourceChanged("Expected the papers that were listed last, with their day, found none.")
    return max(days)


def _pages(query: dict[str, str], get: Get) -> list[bytes]:
    """The pages of an answer, asked for until one brings no paper that was not there before.

    A page may be shorter than asked for, since the API limits it as it likes; so its length says nothing.
    Raises what `get` raises, and SourceChanged if a page is no list or the pages have no end.
    """
    pages: list[bytes] = []
    known: set[str] = set()
    size = 0
    for number in range(MAX_PAGES):
        raw = get(_url({**query, "limit": PAGE_SIZE, "p": number}))
        entries = load_entries(raw.decode("utf-8", "replace"))
        new = {_identity(entry) for entry in entries} - known
        if pages and not new:
            if number == 1 and size >= DEFAULT_SIZE and len(entries) == size:
                break  # the first page again: nobody knows what comes after it
            return pages
        pages.append(raw)
        if not entries:
            return pages
        known |= new
        size = size or len(entries)
    asked = " ".join(query.values())
    raise SourceChanged(f"Expected the papers of {asked} to end, found no end after {len(known):,} of them.")


def _identity(entry: Any) -> str:
    """What tells an entry from others: its paper's id, or else all of it."""
    return str(paper_of(entry).get("id") or entry)


def _url(query: dict[str, Any]) -> str:
    return f"{SITE}/api/daily_papers?{urlencode(query)}"
