"""What both formats say of a paper: its authors, when it came out, where it is, the key to cite it by."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.lib.records import PaperRecord, arxiv_id, safe_link
from digest.library.names import Name, name

_LONGEST_WORD = 30
_SMALL_WORDS = frozenset(
    "a an and are as at by do does for from how in is of on or the to towards what with".split()
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "đ": "d", "ı": "i"}
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A paper to be cited; a year or month of 0, like an empty text, is not known.

    `citation_key` is ASCII letters and digits, with “-2” behind it if an earlier paper of the list has it.
    `note` is a reader's own line about it.
    """

    citation_key: str
    title: str
    abstract: str
    authors: Sequence[Name]
    year: int
    month: int
    day: int
    arxiv: str
    doi: str
    url: str
    note: str = ""

    @property
    def date(self) -> str:
        """“2025/11/04”, as RIS and Highwire's tags have it; “2025/11” where the day is not known."""
        return "/".join(f"{number:02}" for number in (self.year, self.month, self.day) if number)


def reference(record: PaperRecord) -> Reference:
    """The reference of one paper. What the source did not say is left out, and not guessed."""
    scheme, _, rest = record.key.partition(":")
    arxiv = arxiv_id(rest) or "" if scheme == "arxiv" else ""
    year, month, day = _date(record, arxiv)
    authors = [name(written, record.organization) for written in record.author_names if written.strip()]
    return Reference(
        citation_key=_citation_key(record, authors, year),
        title=" ".join(record.title.split()),
        abstract=" ".join(record.abstract.split()),
        authors=authors,
        year=year,
        month=month,
        day=day,
        arxiv=arxiv,
        doi=f"10.48550/arXiv.{arxiv}" if arxiv else rest if scheme == "doi" else "",
        url=f"https://arxiv.org/abs/{arxiv}" if arxiv else safe_link(record.url) or "",
    )


def references(records: Iterable[PaperRecord], notes: Mapping[str, str] | None = None) -> list[Reference]:
    """The references of a list of papers, each paper once, no two with one citation key.

    `notes` are a reader's lines about papers, by their keys.
    """
    seen = Counter[str]()
    listed = []
    for key, one in {record.key: reference(record) for record in records}.items():
        seen[one.citation_key] += 1
        number = seen[one.citation_key]
        citation_key = f"{one.citation_key}-{number}" if number > 1 else one.citation_key
        listed.append(replace(one, citation_key=citation_key, note=(notes or {}).get(key, "")))
    return listed


def _date(record: PaperRecord, arxiv: str) -> tuple[int, int, int]:
    """The day it came out; of an arXiv paper at least the month, which its id begins with."""
    if record.published:
        return record.published.year, record.published.month, record.published.day
    if not arxiv:
        return 0, 0, 0
    digits = arxiv.rpartition("/")[2]
    year = int(digits[:2])
    return year + (1900 if year > 90 else 2000), int(digits[2:4]), 0


def _citation_key(record: PaperRecord, authors: Sequence[Name], year: int) -> str:
    """“lovelace2025quantized”: the first author, the year, the first word of weight in the title."""
    words = [_ascii(word) for word in re.split(r"[\W_]+", record.title)]
    weighty = [word for word in words if word and word not in _SMALL_WORDS] or [
        word for word in words if word
    ]
    who = _ascii(authors[0].family) if authors else ""
    key = who[:_LONGEST_WORD] + (str(year) if year else "") + (weighty[0][:_LONGEST_WORD] if weighty else "")
    return key if key and not key.isdigit() else "paper" + key


def _ascii(text: str) -> str:
    """The letters and digits of `text` in lower case, without accents; of other scripts nothing."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).lower()
    return "".join(c for c in plain if c.isascii() and c.isalnum())
