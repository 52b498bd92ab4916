"""The papers of BibTeX and RIS, as reference managers and publishers' pages hand them out."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from digest.lib.records import PaperRecord
from digest.sources.adapter import Format
from digest.sources.answer_text import begins_with
from digest.sources.author_names import MOST
from digest.sources.errors import SourceChanged
from digest.sources.identifiers import arxiv_in, doi_in
from digest.sources.markup import without_markup
from digest.sources.parsed_answer import ParsedAnswer, UnreadablePaper, collect, require_plausible
from digest.sources.record_fields import FieldReader, build_record
from digest.sources.tex import plain
from digest.sources.uploads.bibtex_entries import address, is_bibtex, split_bibtex
from digest.sources.uploads.export_text import decode_export, decoded
from digest.sources.uploads.references import Reference, Unread
from digest.sources.uploads.ris_records import is_ris, split_ris

EXPECTED = "a list of references (BibTeX or RIS)"
MAX_REFERENCES = 5_000
MAX_CHARACTERS = 5_000_000  # of BibTeX a second's work; 3,000 papers with abstracts
_HEAD = 20_000  # bytes in which the first record begins
_BETWEEN_AUTHORS = re.compile(r" and ", re.IGNORECASE)
_WHY = {"no end": "it has no end", "outside": "it stands outside of any record"}


def _recognises(is_of: Callable[[str], bool]) -> Callable[[bytes], bool]:
    """Whether a record begins at the beginning of the bytes."""
    return lambda raw: (
        not begins_with(raw, b"<", b"{", b"[")
        and is_of(decoded(raw[:_HEAD]).replace("\r\n", "\n").replace("\r", "\n"))
    )


def _parse(
    form: str,
    split: Callable[[str], Iterator[Reference | Unread]],
    read: Callable[[Reference, date], PaperRecord],
) -> Callable[[bytes, date | None, date], ParsedAnswer]:
    """A parser of these records, whose papers are of the day asked for, or of today: they name none."""

    def parse(raw: bytes, day: date | None, today: date) -> ParsedAnswer:
        text = decode_export(raw, EXPECTED)
        require_plausible(len(text), MAX_CHARACTERS, "characters")
        found = (part for part in split(text) if isinstance(part, Reference) or _says_anything(part))
        parts = list(islice(found, MAX_REFERENCES + 1))
        require_plausible(len(parts), MAX_REFERENCES, "references")
        if any(isinstance(part, Unread) and part.why == "too much" for part in parts):
            raise SourceChanged(f"Expected {EXPECTED}, found more than can be one.")

        def read_part(part: Reference | Unread) -> PaperRecord:
            if isinstance(part, Unread):
                raise UnreadablePaper(_WHY[part.why])
            return read(part, day or today)

        return collect(
            form,
            day or today,
            parts,
            read=read_part,
            title_of=lambda part: part.first("title") if isinstance(part, Reference) else part.text[:200],
        )

    return parse


def _says_anything(part: Unread) -> bool:
    """Whether what is no record is more than a comment ("% Encoding: UTF-8") or a bracket too many."""
    lines = (line.strip(" \t}),") for line in part.text.split("\n"))
    return any(line and not line.startswith("%") for line in lines)


def _read_bibtex(entry: Reference, day: date) -> PaperRecord:
    names = [
        _name(name)
        for name in _BETWEEN_AUTHORS.split(" ".join(entry.first("author").split()), MOST)
        if name.strip()
    ]
    whole = bool(names) and names[-1].casefold() != "others"
    eprint = address(entry.first("eprint", "arxivid", "arxiv")).strip()
    identifiers = [
        f"arxiv:{eprint}" if eprint[:1].isdigit() or ("/" in eprint and ":" not in eprint) else eprint,
        *(address(entry.first(name)).strip() for name in ("doi", "url", "ee", "howpublished")),
    ]
    date_of = FieldReader({"date": entry.first("date")})
    return build_record(
        day,
        title=_text(entry.first("title")),
        abstract=_text(entry.first("abstract")),
        arxiv=arxiv_in(identifiers),
        doi=doi_in(identifiers),
        authors=len(names) if whole else None,
        author_names=names if whole else names[:-1],
        published=None if len(entry.first("date")) < len("2024-1-1") else date_of.day("date"),
        url=address(entry.first("url")).strip(),
        unreadable=date_of.unreadable,
    )


def _read_ris(record: Reference, day: date) -> PaperRecord:
    identifiers = [record.first(name) for name in ("doi", "urls", "id", "accession_number")]
    names = record.fields.get("authors") or record.fields.get("first_authors") or ()
    written = record.first("date", "publication_year", "year").strip("/ ")
    date_of = FieldReader({"date": written if written.count("/") + written.count("-") > 1 else None})
    return build_record(
        day,
        title=without_markup(record.first("title", "primary_title", "translated_title", "short_title")),
        abstract=without_markup(record.first("abstract", "notes_abstract")),
        arxiv=arxiv_in(identifiers),
        doi=doi_in(identifiers),
        authors=len(names) or None,
        author_names=[_turned(name) for name in names],
        published=date_of.day("date"),
        url=record.first("urls"),
        unreadable=date_of.unreadable,
    )


def _text(source: str) -> str:
    """A title or abstract as people read it: no TeX, no braces that keep capitals; mathematics as it is."""
    words = plain(without_markup(source))  # in this order: “{\\textless}b{\\textgreater}” is no tag
    return words if "$" in source or r"\(" in source else words.replace("{", "").replace("}", "")


def _name(written: str) -> str:
    """A name of BibTeX; one in braces is that of a group, and is not turned around."""
    name = written.strip()
    return _text(name[1:-1]) if name.startswith("{") and name.endswith("}") else _turned(_text(name))


def _turned(name: str) -> str:
    """The name as it is said: "Quill, Ada" is "Ada Quill"."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and first.strip() and "," not in first else name


BIBTEX = Format("bibtex", _recognises(is_bibtex), _parse("bibtex", split_bibtex, _read_bibtex))
RIS = Format("ris", _recognises(is_ris), _parse("ris", split_ris, _read_ris))
