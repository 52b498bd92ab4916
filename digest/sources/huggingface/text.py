"""Hugging Face Daily Papers as plain text, copied from its page or its search view.

    new … Daily Papers … Nov 5          header: any of its pieces may be missing
                                        then, per paper:
    Title of the paper                  one block
                                        blocks are separated by blank lines
    Abstract, over one or several blocks
                                        the last three lines may be missing
      • 13 authors                      or an organisation: "PatronusAI Patronus AI", handle and name
    ·
    Feb 14, 2024 1                      its day and the number of comments; no year: the page's year

The lines around "·" anchor everything: what lies between two of them is one paper, or several if the
earlier ones lack these lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from digest.lib.records import PaperRecord, clean_text
from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with, decode
from digest.sources.errors import SourceChanged, WrongDay
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect, require_plausible
from digest.sources.record_fields import FieldReader, build_record

NAME = "page-text"
EXPECTED = "the text of the Hugging Face Daily Papers page"
MAX_LINES = 200_000  # a paper takes 8
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_LONGEST_TITLE = 300
_SHORTEST_ABSTRACT = 120

_DOT_LINE = re.compile(r"(?<![^\r\n])[^\S\r\n]*·[^\S\r\n]*(?![^\r\n])")  # any line ends, any blanks
_META = re.compile(r"^(?P<who>[^\n]+)\n+·\n+(?P<when>[^\n]+)$", re.MULTILINE)
_AUTHORS = re.compile(r"\W*(\d{1,6}) authors?", re.ASCII | re.IGNORECASE)
_DAY = re.compile(rf"{_MONTH} (?P<day>\d{{1,2}})(?:, ?(?P<year>\d{{4}}))?", re.ASCII | re.IGNORECASE)
_DAY_AND_COMMENTS = re.compile(rf"{_DAY.pattern}(?: (?P<comments>\d{{1,10}}))?", _DAY.flags)
_HEADER = re.compile(
    r"new|get trending papers in your email inbox(?: once a day)?!?|subscribe|hugging face|(?:daily )?papers"
    r"|by ?(?:\S+ )?and the research community",
    re.IGNORECASE,
)
_ADDRESS = r"://|www\.|\.(?:ac|ai|app|cc|cn|co|com|dev|edu|eu|gov|io|net|org)\b"
_LAST_WORD = re.compile(rf"[.!?…][)\]}}”’\"'>]*$|{_ADDRESS}")


@dataclass(frozen=True, slots=True)
class _Listing:
    """One paper as the text has it; `who` and `when` are None where it lacks these lines."""

    title: str
    abstract: str
    who: str | None = None
    when: str | None = None


def recognises(raw: bytes) -> bool:
    """Whether it is text with the lines of a single dot that stand between authors and days."""
    if begins_with(raw, b"<", b"{", b"[") or "·".encode() not in raw:
        return False
    return _DOT_LINE.search(raw.decode("utf-8-sig", "replace")) is not None


def parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
    """The edition in the text of a page; text that is no such page, or is cut off, is refused.

    The page's day has no year: it is `day`, which must agree, or else the most recent such day that
    is not after `today`.
    """
    text = decode(raw, EXPECTED).replace("\r\n", "\n").replace("\r", "\n")
    require_plausible(text.count("\n"), MAX_LINES, "lines")
    named, listings = _split(text)
    dated = [listing for listing in listings if _DAY_AND_COMMENTS.fullmatch(listing.when or "")]
    if not dated or len(dated) * 2 < len(listings):
        raise SourceChanged(
            f"This is not the expected page: expected {EXPECTED}, found text without its author lines."
        )
    _require_end(listings)
    found = _page_day(named, today=today, asked=day)
    return collect(
        NAME,
        found,
        listings,
        read=lambda listing: _read(listing, found),
        title_of=lambda listing: listing.title,
    )


def _split(text: str) -> tuple[str | None, list[_Listing]]:
    """The page's day as its header names it, if it does, and the papers."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    squeezed = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    named: str | None = None
    listings: list[_Listing] = []
    end = 0
    for meta in [*_META.finditer(squeezed), None]:
        blocks = _blocks(squeezed[end : meta.start()] if meta else squeezed[end:])
        if end == 0:
            named, blocks = _split_header(blocks)
        listings += _listings(blocks, meta)
        end = meta.end() if meta else end
    return named, listings


def _blocks(text: str) -> list[str]:
    """The blocks between blank lines, each folded into one line."""
    return [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]


def _split_header(blocks: list[str]) -> tuple[str | None, list[str]]:
    """The page's day as its header names it, if it does, and the blocks after the header."""
    named: str | None = None
    short = list(takewhile(lambda block: len(block) < _SHORTEST_ABSTRACT, blocks))
    for start, end in ((start, start + width) for start in range(len(short)) for width in (1, 2)):
        if _DAY.fullmatch(text := " ".join(blocks[start:end])):  # "Nov 5", or "Nov" and "5"
            named, blocks = text, blocks[end:]
            break
    while blocks and _HEADER.fullmatch(blocks[0]):
        blocks = blocks[1:]
    return named, blocks


def _listings(blocks: list[str], meta: re.Match[str] | None) -> Iterator[_Listing]:
    """The papers in the blocks before one author line, or before the end; the last has that author line."""
    starts = [number for number in range(len(blocks)) if number == 0 or _is_title(blocks, number)] or [0]
    for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True):
        title, abstract = "".join(blocks[start : start + 1]), " ".join(blocks[start + 1 : end])
        if end < len(blocks):
            yield _Listing(title, abstract)
        elif meta:
            yield _Listing(title, abstract, meta["who"], meta["when"])
        elif blocks:
            yield _Listing(title, abstract)


def _is_title(blocks: list[str], number: int) -> bool:
    """Whether a block that may also be another paragraph of the abstract before it starts a new paper."""
    if number < 2 or number + 1 == len(blocks):
        return False
    before, block, after = blocks[number - 1 : number + 2]
    return (
        len(block) <= _LONGEST_TITLE
        and len(after) >= max(_SHORTEST_ABSTRACT, len(block))
        and not block.endswith((".", ",", ":", ";"))
        and "://" not in block
        and _ends(before)
    )


def _ends(abstract: str) -> bool:
    """Whether an abstract ends as one does: with a sentence, or with an address."""
    return _LAST_WORD.search(abstract[-300:].rpartition(" ")[2]) is not None


def _require_end(listings: list[_Listing]) -> None:
    """Refuse a text that breaks off in its last paper: in its title, abstract, authors or day.

    An abstract that is the last thing in the text must end as a sentence or an address does, outside
    of parentheses, and not be much shorter than all the others. (A cut between two papers, or right
    after a sentence of a long abstract, cannot be seen.)
    """
    *others, last = listings
    if last.when is not None:
        whole = _DAY_AND_COMMENTS.fullmatch(last.when) is not None
    else:
        shortest = min((len(listing.abstract) for listing in others), default=0)
        whole = (
            _ends(last.abstract)
            and last.abstract.count("(") <= last.abstract.count(")")
            and len(last.abstract) * 2 > shortest
        )
    if not whole:
        raise SourceChanged(
            f"Expected {EXPECTED} up to its end, found that it breaks off in “{clean_text(last.title, 80)}”."
        )


def _page_day(named: str | None, *, today: date, asked: date | None) -> date:
    """The page's day: the one named in its header, in the year `asked` for or else the most recent."""
    if named is None:
        if asked is None:
            raise SourceChanged(f"Expected {EXPECTED} that names its day, found none: say which day it is.")
        return asked
    match = _DAY.fullmatch(named)
    found = _resolve(match, not_after=asked or today) if match else None
    if found is None:
        raise SourceChanged(f"Expected {EXPECTED} with its day, found “{named}”.")
    if asked is not None and found != asked:
        raise WrongDay(f"Expected {EXPECTED} of {asked}, found that of {named}.")
    return found


def _resolve(match: re.Match[str], *, not_after: date) -> date | None:
    """The day a match stands for; without a year, the most recent such day that is not after `not_after`."""
    month = _MONTHS.index(match["month"][:3].lower()) + 1
    years = [int(match["year"])] if match["year"] else range(not_after.year, max(not_after.year - 9, 0), -1)
    for year in years:
        try:
            day = date(year, month, int(match["day"]))
        except ValueError:  # 29 February
            continue
        if match["year"] or day <= not_after:
            return day
    return None


def _read(listing: _Listing, page_day: date) -> PaperRecord:
    """The paper of one listing. Lines that are missing say nothing; a day without number says 0 comments."""
    if len(listing.title) > _LONGEST_TITLE and not listing.abstract:
        raise UnreadablePaper("it has no title")
    if listing.who is None or listing.when is None:
        return build_record(page_day, title=listing.title, abstract=listing.abstract)
    authors = _AUTHORS.fullmatch(listing.who)
    when = _DAY_AND_COMMENTS.fullmatch(listing.when)
    published = _resolve(when, not_after=page_day) if when else None
    fields = FieldReader({"comments": (when["comments"] or "0") if when else None})
    if published is None:
        fields.cannot_read("published", None)
    return build_record(
        page_day,
        title=listing.title,
        abstract=listing.abstract,
        authors=int(authors[1]) if authors else None,
        organization="" if authors else _display_name(listing.who),
        published=published,
        comments=fields.count("comments"),
        unreadable=fields.unreadable,
    )


def _display_name(who: str) -> str:
    """The name in "PatronusAI Patronus AI": the handle comes first, and has no spaces."""
    handle, _, name = who.partition(" ")
    return name if name and re.fullmatch(r"[\w.-]+", handle, re.ASCII) else who


FORMAT = Format(NAME, recognises, parse)
