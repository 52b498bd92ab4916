"""arXiv's API, asked for papers by their ids. It is no source of editions, so it is in no registry.

https://info.arxiv.org/help/api/user-manual.html: one request in three seconds over one connection; the answer
is an Atom feed. Ids that do not exist are left out of it; one that cannot be an id spoils the whole request,
which is then answered by HTTP 400, or by an entry about the error.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from lxml import etree

from digest.lib.records import PaperRecord, arxiv_id
from digest.sources.errors import SourceChanged, SourceRefused
from digest.sources.parsed_answer import UnreadablePaper
from digest.sources.record_fields import build_record, iso_day

SITE = "https://export.arxiv.org"
MOST_IDS = 100  # in one request
INTERVAL = 3  # seconds between two requests

_ERRORS = "arxiv.org/api/errors"
_ATOM = "{http://www.w3.org/2005/Atom}"


def address_of(ids: Iterable[str]) -> str:
    """Where to ask for the papers with these ids."""
    wanted = ",".join(quote(one, safe="/") for one in ids)
    return f"{SITE}/api/query?max_results={MOST_IDS}&id_list={wanted}"


def parse(raw: bytes) -> list[PaperRecord]:
    """The papers of an answer, each of the day on which it first appeared; what is unreadable is left out.

    Raises SourceChanged for what is no such feed, SourceRefused for one about an error.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        feed = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SourceChanged(f"Expected an Atom feed from arXiv, found something else ({error}).") from error
    if feed.tag != f"{_ATOM}feed":
        raise SourceChanged(f"Expected an Atom feed from arXiv, found <{str(feed.tag)[:40]}>.")
    if any(_ERRORS in _text(entry, "id") for entry in feed.iterfind(f"{_ATOM}entry")):
        raise SourceRefused("Expected papers from arXiv, found an error.")
    return list(_records(feed))


def _records(feed: etree._Element) -> Iterator[PaperRecord]:
    for entry in feed.iterfind(f"{_ATOM}entry"):
        arxiv = arxiv_id(_text(entry, "id"))
        day = iso_day(_text(entry, "published"))
        if arxiv is None or day is None:
            continue
        names = [_text(author, "name") for author in entry.iterfind(f"{_ATOM}author")]
        try:
            yield build_record(
                day,
                title=_text(entry, "title"),
                abstract=_text(entry, "summary"),
                arxiv=arxiv,
                authors=len(names) or None,
                author_names=names,
                published=day,
            )
        except UnreadablePaper:
            continue


def _text(element: etree._Element, name: str) -> str:
    return (element.findtext(f"{_ATOM}{name}") or "").strip()
