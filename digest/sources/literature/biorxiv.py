"""bioRxiv and medRxiv: the preprints that a server posted on a day, by their common API.

https://api.biorxiv.org: 30 a page, all versions posted on that day. Counters are numbers or their digits.
Errors, and days without preprints, come as an answer whose `status` says so; an answer may also be empty.
"""

import re
from dataclasses import replace
from datetime import date
from functools import partial

from digest.lib.records import PaperRecord, clean_text, identify
from digest.sources.adapter import Adapter, Format, Get, Setting, Values
from digest.sources.errors import SourceChanged, SourceRefused
from digest.sources.literature.answers import (
    Page,
    fetch_pages,
    is_object_with,
    list_in,
    load_answer,
)
from digest.sources.literature.choices import require_value
from digest.sources.literature.jats_tokens import without_tokens
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect
from digest.sources.record_fields import FieldReader, Fields, build_record, day_of, edition_day

NAME = "biorxiv-json"
TITLE = "bioRxiv and medRxiv"
EXPECTED = "an answer of bioRxiv's API"
SITE = "https://api.biorxiv.org"

_NOTHING = "no posts found"
_LONGEST_AUTHORS = 200_000  # characters
_NOT_PUBLISHED = "NA"


def check_categories(value: str) -> str:
    """Categories as answers have them: "Cell_Biology,  genomics" is "cell biology, genomics"."""
    names = (" ".join(name.replace("_", " ").split()).casefold() for name in re.split(r"[,;\n]", value))
    return ", ".join(dict.fromkeys(name for name in names if name))


def _configured(values: Values) -> Adapter:
    server = require_value(values, "server", TITLE)
    chosen = frozenset(name for name in values.get("categories", "").split(", ") if name)
    return replace(
        BIORXIV,
        formats=(Format(NAME, _recognises, partial(_parse, chosen=chosen)),),
        fetch_day=partial(_fetch_day, server),
    )


def _fetch_day(server: str, day: date, get: Get) -> list[bytes]:
    return fetch_pages(
        lambda cursor: get(f"{SITE}/details/{server}/{day}/{day}/{cursor or 0}/json"),
        _look,
        f"the preprints of {day} from {server}",
    )


def _look(raw: bytes) -> Page:
    message, entries = _load(raw)
    counters = FieldReader(message)
    start = counters.count("cursor")
    following = None if start is None else str(start + len(entries))
    return Page(len(entries), counters.count("total"), following)


def _recognises(raw: bytes) -> bool:
    return is_object_with(raw, "messages", "status")


def _load(raw: bytes) -> tuple[Fields, list[object]]:
    """What an answer says of itself, and its entries; SourceRefused for an error, in its words."""
    answer = load_answer(raw, EXPECTED)
    message = next(iter(list_in(answer, "messages", EXPECTED)), None)
    if not isinstance(message, dict):
        raise SourceChanged(f"Expected {EXPECTED}, found one that does not say whether it is one.")
    status = str(message.get("status", ""))
    if status.casefold() == _NOTHING:
        return message, []
    if status != "ok":
        raise SourceRefused(f"Expected {EXPECTED}, found the error “{clean_text(status, 200)}”.")
    return message, list_in(answer, "collection", EXPECTED)


def _parse(
    raw: bytes, day: date | None, _today: date, *, chosen: frozenset[str] = frozenset()
) -> ParsedAnswer:
    """One page. Each preprint is of the day it was posted; a later version is an update.

    Of a category that is not `chosen`, where any is, they are left out.
    """
    message, entries = _load(raw)
    days = [day_of(entry.get("date")) for entry in entries if isinstance(entry, dict)]
    found = edition_day(days if any(days) else [day_of(str(message.get("interval"))[:10])], day, EXPECTED)
    wanted = [entry for entry in entries if _is_wanted(entry, chosen)]
    if not wanted:
        return ParsedAnswer(found, NAME, (), ())
    return collect(
        NAME,
        found,
        wanted,
        read=lambda entry: _read(entry, found),
        title_of=lambda entry: entry.get("title") if isinstance(entry, dict) else None,
        is_update=_is_update,
    )


def _is_wanted(entry: object, chosen: frozenset[str]) -> bool:
    category = entry.get("category") if isinstance(entry, dict) else None
    return not chosen or not isinstance(category, str) or check_categories(category) in chosen


def _is_update(entry: object) -> bool:
    return isinstance(entry, dict) and (FieldReader(entry).count("version") or 1) > 1


def _read(entry: object, day: date) -> PaperRecord:
    if not isinstance(entry, dict):
        raise UnreadablePaper("it is no preprint")
    fields = FieldReader(entry)
    posted = fields.day("date")
    version = fields.count("version")
    doi = fields.text("doi")
    if doi and identify(title="", doi=doi).startswith("title:"):
        fields.cannot_read("doi", None)
    published = fields.text("published")
    names = [_in_order(name) for name in fields.text("authors")[:_LONGEST_AUTHORS].split(";") if name.strip()]
    return build_record(
        posted or day,
        title=without_markup(without_tokens(fields.text("title"))),
        abstract=without_markup(without_tokens(fields.text("abstract"))),
        doi=doi,
        authors=len(names) or None,
        author_names=names,
        published=posted if version == 1 else None,
        other_keys=[] if published == _NOT_PUBLISHED else [identify(title="", doi=published)],
        unreadable=fields.unreadable,
    )


def _in_order(name: str) -> str:
    """“Lovelace, A.” as “A. Lovelace”; what is no such name, a group's for one, as it stands."""
    family, comma, given = name.strip().partition(", ")
    return f"{given} {family}" if comma and "," not in given else name.strip()


BIORXIV = Adapter(
    name="biorxiv",
    title=TITLE,
    about="The preprints of biology or medicine that a server posts each day.",
    formats=(Format(NAME, _recognises, _parse),),
    settings=(
        Setting(
            "server",
            "Server",
            initial="biorxiv",
            choices=(("biorxiv", "bioRxiv (biology)"), ("medrxiv", "medRxiv (medicine)")),
        ),
        Setting(
            "categories",
            "Categories",
            help="As the server names them, such as neuroscience, cell biology. None: all preprints.",
            required=False,
            check=check_categories,
        ),
    ),
    configured=_configured,
    pause=3_600,
    authority=2,
)
