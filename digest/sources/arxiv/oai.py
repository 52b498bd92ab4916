"""arXiv’s records by OAI-PMH, for days whose feed is gone: https://info.arxiv.org/help/oa/index.html

Asked for the records of a set that were changed on a day. Their datestamp is the day of the announcement,
until they change again. Each names when its versions were submitted, which tells what was new, and when:

- the first for the day of the datestamp: new on that day;
- the first for a day of the two weeks before, others since: new on that day, where it may have been missed;
- the only one for a day of the two weeks before: held back, or added to this category, so new on the day of
  the datestamp;
- all others: updates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from urllib.parse import urlencode

from lxml import etree

from digest.lib.records import PaperRecord, arxiv_id, clean_text
from digest.sources.adapter import Get
from digest.sources.answer_text import begins_with
from digest.sources.arxiv import categories
from digest.sources.arxiv.announced import doi_keys
from digest.sources.arxiv.announcement_days import announced_on, moment_of
from digest.sources.arxiv.authors import names_in
from digest.sources.arxiv.withdrawal import abstract_with
from digest.sources.errors import SourceChanged, SourceRefused, SourceUnavailable
from digest.sources.parsed_answer import ParsedAnswer, collect, require_plausible
from digest.sources.record_fields import FieldReader, build_record, day_of, edition_day
from digest.sources.xml_text import load_xml, text_within

NAME = "arxiv-oai"
EXPECTED = "records of arXiv by OAI-PMH"
SITE = "https://oaipmh.arxiv.org"
MAX_PAGES = 40  # 2,500 records each
STILL_NEW = timedelta(days=14)  # so long after its submission a paper may be announced, or found as missed

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"


def fetch_day(day: date, get: Get, *, chosen: Iterable[str]) -> list[bytes]:
    """All pages of the records of the chosen categories that were changed on `day`.

    Raises what `get` and `load` raise, and SourceChanged if the pages have no end.
    """
    pages: list[bytes] = []
    for category in chosen:
        query = {
            "verb": "ListRecords",
            "metadataPrefix": "arXivRaw",
            "from": day.isoformat(),
            "until": day.isoformat(),
            "set": categories.set_of(category),
        }
        pages += _pages(query, get)
    return pages


def _pages(query: dict[str, str], get: Get) -> list[bytes]:
    pages: list[bytes] = []
    for _ in range(MAX_PAGES):
        pages.append(get(f"{SITE}/oai?{urlencode(query)}"))
        token = text_within(load(pages[-1]).find(f"{_OAI}ListRecords/{_OAI}resumptionToken"))
        if not token:
            return pages
        if token == query.get("resumptionToken"):
            break
        query = {"verb": "ListRecords", "resumptionToken": token}
    raise SourceChanged(f"Expected {EXPECTED}, found no end of them after {len(pages)} pages.")


def recognises(raw: bytes) -> bool:
    """Whether it is an answer of arXiv's OAI-PMH interface."""
    head = raw[:4_000]
    return begins_with(head, b"<") and b"<OAI-PMH" in head and b"arxiv.org/oai" in head


def load(raw: bytes) -> etree._Element:
    """An answer that is no error; one without records is none.

    Raises SourceUnavailable if the list has to be asked for again, SourceRefused for other errors.
    """
    root = load_xml(raw, EXPECTED)
    if root.tag != f"{_OAI}OAI-PMH":
        raise SourceChanged(f"Expected {EXPECTED}, found <{clean_text(str(root.tag), 60)}>.")
    for error in root.iterfind(f"{_OAI}error"):
        code, words = clean_text(error.get("code", ""), 40), clean_text(text_within(error), 300)
        if code == "badResumptionToken":
            raise SourceUnavailable(f"Expected the next page of {EXPECTED}, found that it is gone: {words}")
        if code != "noRecordsMatch":
            raise SourceRefused(f"Expected {EXPECTED}, found the error {code}: {words}")
    return root


@dataclass(frozen=True, slots=True)
class _Record:
    """The metadata of a record, and where it belongs: see the top of this file."""

    raw: etree._Element
    day: date
    is_update: bool
    submitted: date | None


def parse(
    raw: bytes, day: date | None, _today: date, *, chosen: tuple[str, ...] = (), cross_lists: bool = True
) -> ParsedAnswer:
    """The records of a page, each of the day on which it was new.

    Without `cross_lists` those whose first category is none of the `chosen` are no more than updates.
    """
    root = load(raw)
    elements = root.findall(f"{_OAI}ListRecords/{_OAI}record")
    require_plausible(len(elements))
    asked = root.find(f"{_OAI}request")
    since = None if asked is None else day_of(asked.get("from"))
    changed = [day_of(text_within(one.find(f"{_OAI}header/{_OAI}datestamp"))) for one in elements]
    found = edition_day([since] if since else changed, day, EXPECTED)
    records = [
        _record(metadata, stamp or found, None if cross_lists else chosen)
        for element, stamp in zip(elements, changed, strict=True)
        if (metadata := element.find(f"{_OAI}metadata/{_RAW}arXivRaw")) is not None  # else it was deleted
    ]
    if not records:
        return ParsedAnswer(found, NAME, (), ())
    return collect(
        NAME,
        found,
        records,
        read=_paper,
        title_of=lambda record: _text(record.raw, "title"),
        is_update=lambda record: record.is_update,
    )


def _record(raw: etree._Element, changed: date, only: tuple[str, ...] | None) -> _Record:
    versions = raw.findall(f"{_RAW}version")
    first = next((one for one in versions if one.get("version") == "v1"), None)
    submitted = None if first is None else moment_of(_text(first, "date"))
    published = submitted.astimezone(UTC).date() if submitted else None
    new_on = announced_on(submitted) if submitted else changed
    primary = _text(raw, "categories").partition(" ")[0]
    if changed - new_on > STILL_NEW or not (only is None or categories.covers(only, primary)):
        return _Record(raw, changed, True, published)
    revised = len(versions) > 1
    if submitted is None:
        return _Record(raw, changed, revised, None)
    return _Record(raw, min(new_on, changed) if revised else changed, False, published)


def _paper(record: _Record) -> PaperRecord:
    fields = FieldReader({})
    if record.submitted is None:
        fields.cannot_read("version", None)
    if arxiv_id(_text(record.raw, "id")) is None:
        fields.cannot_read("id", None)
    names = names_in(_text(record.raw, "authors"), joined_by_and=True)
    return build_record(
        record.day,
        title=_text(record.raw, "title"),
        abstract=abstract_with(_text(record.raw, "comments"), _text(record.raw, "abstract")),
        arxiv=_text(record.raw, "id"),
        authors=len(names) or None,
        author_names=names,
        published=record.submitted,
        other_keys=doi_keys(_text(record.raw, "doi")),
        unreadable=fields.unreadable,
    )


def _text(element: etree._Element, name: str) -> str:
    return text_within(element.find(f"{_RAW}{name}"))
