"""What identifies the paper of an item: its DOI or arXiv id, in a field of its own or in a link."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from digest.lib.records import arxiv_id

_DOI = re.compile(r"(?:^|[/:=\s])(10\.\d{4,9}/[^\s?#&\"<>]{1,200})", re.IGNORECASE)
_VIEWS = re.compile(
    r"(?:/(?:full|abstract|abs|fulltext|full-text|pdf|epdf|html|meta|summary)|\.(?:full|abstract|short|pdf|full\.pdf))+$",
    re.IGNORECASE,
)
_PREPRINT = re.compile(
    r"^(10\.(?:1101|64898)/\d[\d.]*?)v\d+$"
)  # bioRxiv, medRxiv: a version is no part of it
_ARXIV_HOSTS = {"arxiv.org", "www.arxiv.org", "export.arxiv.org", "alphaxiv.org", "www.alphaxiv.org"}
_ABOUT_FEEDS = re.compile(r"utm_\w+|rss|af|feed|xtor|ssi", re.IGNORECASE)


def doi_in(fields: Iterable[str]) -> str | None:
    """The first DOI in the fields: bare, behind "doi:", or in a link that names it."""
    for field in fields:
        if match := _DOI.search(unquote(field)):
            doi = _VIEWS.sub("", match[1].rstrip("/.,;)")) if "://" in field else match[1].rstrip(".,;")
            preprint = _PREPRINT.match(doi)
            return preprint[1] if preprint else doi
    return None


def arxiv_in(fields: Iterable[str]) -> str | None:
    """The first arXiv id in the fields: an id that says whose it is, or a link to the paper there."""
    for field in fields:
        named = field.lower().strip()
        is_arxivs = named.startswith(("arxiv:", "oai:arxiv.org:")) or _host(named) in _ARXIV_HOSTS
        if is_arxivs and (found := arxiv_id(named)):
            return found
    return None


def cleaned_link(link: str) -> str:
    """The link without what only says that it was followed from a feed (`?rss=yes`)."""
    if "?" not in link or not _host(link):
        return link
    parts = urlsplit(link)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _ABOUT_FEEDS.fullmatch(name) and value != "rss"]
    return link if kept == pairs else parts._replace(query=urlencode(kept)).geturl()


def _host(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
