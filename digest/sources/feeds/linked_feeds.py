"""The feed that a page names: operators paste the page's address where the feed's is meant."""

import re

from bs4 import BeautifulSoup

from digest.sources.feeds.xml_feed import absolute

_FEEDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_HEAD = 300_000
_LINK = re.compile(r"<link\b[^<>]{1,2000}>", re.IGNORECASE)
_MOST = 500


def feed_of_page(raw: bytes, address: str) -> str | None:
    """The address of the first feed that a page at `address` names in its head, if it names any."""
    head = raw[:_HEAD].decode("utf-8", "replace")
    links = "".join(_LINK.findall(head)[:_MOST])
    for link in BeautifulSoup(links, "lxml").find_all("link", href=True):
        if "alternate" in (link.get("rel") or ()) and str(link.get("type", "")).lower() in _FEEDS:
            return absolute(address, str(link["href"]))
    return None
