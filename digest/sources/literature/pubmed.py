"""PubMed, asked for what was entered on a day: E-utilities, a search for ids and their records as XML.

https://www.ncbi.nlm.nih.gov/books/NBK25501: three requests a second at most, ten with a key; a search returns
the first 9,999 ids. The day is that of entry (EDAT); dates of publication are often only months.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from lxml import etree

from digest.lib.records import PaperRecord, clean_text, identify
from digest.sources.adapter import Adapter, Format, Get, Values
from digest.sources.answer_text import begins_with
from digest.sources.errors import SourceChanged, SourceRefused
from digest.sources.literature.answers import (
    list_in,
    load_answer,
    newest_day,
    number_in,
    raise_if_empty,
    raise_if_error,
    read_papers,
    require_all,
)
from digest.sources.literature.choices import api_key_setting, query_setting, require_value
from digest.sources.literature.titles import plain_title
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import ParsedAnswer, require_plausible
from digest.sources.record_fields import build_record, day_of
from digest.sources.xml_text import load_xml, text_within

NAME = "pubmed-xml"
TITLE = "PubMed"
EXPECTED = "records of PubMed"
SITE = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
MOST_IDS = 9_999  # that a search returns
BATCH = 100  # records that are asked for at once: with their references some 2 MB
_NOTHING = b"<PubmedArticleSet/>"  # stands for the records of a day without any, which cannot be asked for
_KINDS = ("PubmedArticle", "PubmedBookArticle")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_PREPRINT = re.compile(r"\bdoi:\s*(10\.(?:1101|64898|48550|21203)/\S+?)\.?(?:\s|$)", re.IGNORECASE)


def _configured(values: Values) -> Adapter:
    return replace(PUBMED, fetch_day=lambda day, get: _fetch_day(values, day, get))


def _fetch_day(values: Values, day: date, get: Get) -> list[bytes]:
    ours = {"db": "pubmed", "tool": "paper-digest"}
    if key := values.get("api_key"):
        ours["api_key"] = key
    entered = {"datetype": "edat", "mindate": f"{day:%Y/%m/%d}", "maxdate": f"{day:%Y/%m/%d}"}
    search = {"term": require_value(values, "query", TITLE), "retmode": "json", "retmax": str(MOST_IDS)}
    ids = _ids(get(f"{SITE}/esearch.fcgi?{urlencode(ours | search | entered)}"), day)
    parts = []
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        raw = get(f"{SITE}/efetch.fcgi?{urlencode(ours | {'retmode': 'xml', 'id': ','.join(batch)})}")
        require_all(len(_load(raw)), len(batch), f"the records of {day} from {TITLE}")
        parts.append(raw)
    return parts or [_NOTHING]


def _ids(raw: bytes, day: date) -> list[str]:
    """The ids that a search found, all of them."""
    expected = "an answer of PubMed's search"
    answer = load_answer(raw, expected).get("esearchresult")
    if not isinstance(answer, dict):
        raise SourceChanged(f"Expected {expected}, found none in it.")
    raise_if_error({"error": answer.get("ERROR")}, expected)
    wrong = answer.get("errorlist")
    if isinstance(wrong, dict) and (unknown := wrong.get("fieldsnotfound")):
        # It would search without them, and find what nobody asked for.
        shown = clean_text(str(unknown), 100)
        raise SourceRefused(f"Expected a query for {TITLE}, found fields that it does not know: {shown}")
    total = number_in(answer, "count", expected)
    require_plausible(total, MOST_IDS)
    ids = [str(one) for one in list_in(answer, "idlist", expected)]
    require_all(len(ids), total, f"the ids of {day} from {TITLE}")
    return ids


def _recognises(raw: bytes) -> bool:
    return begins_with(raw, b"<") and b"<PubmedArticleSet" in raw[:1_000]


def _load(raw: bytes) -> list[etree._Element]:
    """The records in an answer."""
    raise_if_empty(raw, EXPECTED)
    root = load_xml(raw, EXPECTED)
    if root.tag != "PubmedArticleSet":
        if error := text_within(root.find("ERROR")):
            raise SourceRefused(f"Expected {EXPECTED}, found the error “{clean_text(error, 200)}”.")
        raise SourceChanged(f"Expected {EXPECTED}, found <{str(root.tag)[:40]}>.")
    return [record for record in root if record.tag in _KINDS]


def _parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """The records of an answer, of the day asked for, or else of that of their entry."""
    records = _load(raw)
    found = newest_day([day, *map(_entered, records)], EXPECTED) if records else day or today
    return read_papers(
        NAME,
        found,
        records,
        read=lambda record: _read(record, day or _entered(record) or found),
        title_of=lambda record: _title(_article(record)),
    )


def _article(record: etree._Element) -> etree._Element:
    """The element that holds a record's title, abstract and authors."""
    for path in ("MedlineCitation/Article", "BookDocument"):
        if (found := record.find(path)) is not None:
            return found
    return record


def _read(record: etree._Element, day: date) -> PaperRecord:
    article = _article(record)
    names = [name for author in article.iterfind("AuthorList/Author") if (name := _name(author))]
    authors = article.find("AuthorList")
    whole = authors is None or authors.get("CompleteYN") != "N"
    pmid = text_within(record.find(".//PMID"))
    doi = _doi(record, article)
    published, unreadable = _published(article)
    return build_record(
        day,
        title=_title(article),
        abstract=" ".join(_sections(article)),
        doi=doi,
        authors=(len(names) or None) if whole else None,
        author_names=names,
        published=published,
        url=None if doi or not pmid.isdigit() else f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        other_keys=_preprints(record),
        unreadable=unreadable,
    )


def _title(article: etree._Element) -> str:
    """The English title, else that in the paper's own language, else that of the book."""
    titles = (
        text_within(article.find(path)) for path in ("ArticleTitle", "VernacularTitle", "Book/BookTitle")
    )
    return next(filter(None, map(plain_title, titles)), "")


def _sections(article: etree._Element) -> Iterator[str]:
    """The sections of the abstract, each after its label: "Background: …"."""
    for section in article.iterfind("Abstract/AbstractText"):
        label, text = section.get("Label", "").strip(), without_markup(text_within(section))
        named = label and label != "UNLABELLED" and text
        yield f"{label.capitalize() if label.isupper() else label}: {text}" if named else text


def _name(author: etree._Element) -> str:
    parts = (text_within(author.find(part)) for part in ("ForeName", "LastName", "Suffix"))
    return " ".join(filter(None, parts)) or text_within(author.find("CollectiveName"))


def _doi(record: etree._Element, article: etree._Element) -> str:
    """The record's own DOI: those of its references stand in lists of the same name, deeper."""
    for path in ("PubmedData/ArticleIdList/ArticleId", "BookDocument/ArticleIdList/ArticleId"):
        for one in record.iterfind(path):
            if one.get("IdType") == "doi":
                return text_within(one)
    places = (one for one in article.iterfind("ELocationID") if one.get("EIdType") == "doi")
    return next((text_within(one) for one in places if one.get("ValidYN") != "N"), "")


def _preprints(record: etree._Element) -> list[str]:
    """The keys of preprints of which a record says that they are an earlier or later version of it."""
    notes = record.iterfind("MedlineCitation/CommentsCorrectionsList/CommentsCorrections")
    sources = (
        text_within(note.find("RefSource"))
        for note in notes
        if note.get("RefType") in {"UpdateOf", "UpdateIn"}
    )
    return [identify(title="", doi=doi) for source in sources for doi in _PREPRINT.findall(source)]


def _entered(record: etree._Element) -> date | None:
    for path in ("PubmedData/History/PubMedPubDate", "PubmedBookData/History/PubMedPubDate"):
        for moment in record.iterfind(path):
            if moment.get("PubStatus") == "entrez":
                return _day(moment)
    return None


def _published(article: etree._Element) -> tuple[date | None, list[str]]:
    """The day of publication, often only said as a month or season, and what of it cannot be read."""
    for path in ("ArticleDate", "Journal/JournalIssue/PubDate"):
        said = article.find(path)
        if said is not None and all(text_within(said.find(part)) for part in ("Year", "Month", "Day")):
            day = _day(said)
            return day, [] if day else [path.rpartition("/")[2]]
    return None, []


def _day(element: etree._Element) -> date | None:
    """The day that Year, Month (a number or "Jun") and Day say, if it is one."""
    year, month, day = (text_within(element.find(part)) for part in ("Year", "Month", "Day"))
    number = _MONTHS.index(month) + 1 if month in _MONTHS else month
    return day_of(f"{year}-{number}-{day}")


PUBMED = Adapter(
    name="pubmed",
    title=TITLE,
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        query_setting('In PubMed’s own syntax, as in its search box: "sleep apnea"[tiab] AND english[la].'),
        api_key_setting(
            "Of an NCBI account. Not needed, but it makes a refusal for too many requests less likely."
        ),
    ),
    configured=_configured,
    interval=0.34,
    pause=3_600,
    authority=1,
    about="Articles of medicine and biology by query, on the day that PubMed enters them.",
)
