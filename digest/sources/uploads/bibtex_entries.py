"""A BibTeX or biblatex file split into its entries, of whatever kinds.

bibtexparser only splits the file: what it makes of values loses words in silence (at a bare “%”, of commands
that it does not know, of strings joined by “#”), and of addresses and DOIs, which are no TeX.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import (
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ImplicitComment,
    ParsingFailedBlock,
    String,
)

from digest.sources.uploads.references import Reference, Unread

_BEGINS = re.compile(r"^[^\S\n]*@[^\S\n]*[A-Za-z]+\s*[{(]", re.MULTILINE)
_MOST_MARKS = 10_000  # “@”, of which each may begin an entry
_LONGEST = 20_000  # of a value
_LONGEST_STRING = 1000  # of what an abbreviation stands for, which may double with each that names another
_PARTS = re.compile(r'"(?:[^"{}]|\{[^{}]*\})*"|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[^\s#"{}]+')


def is_bibtex(text: str) -> bool:
    """Whether an entry begins somewhere in it."""
    return _BEGINS.search(text) is not None


def split_bibtex(text: str) -> Iterator[Reference | Unread]:
    """The entries, of those with one citation key all; and what stands between them, a comment to BibTeX."""
    marks = (mark.start() for mark in re.finditer("@", text))
    end = next(islice(marks, _MOST_MARKS, None), len(text))
    strings: dict[str, str] = {}
    for block in parse_string(text[:end], parse_stack=[]).blocks:
        line = (block.start_line or 0) + 1
        if isinstance(block, String):
            strings[block.key.lower()] = _value(block.value, strings)[:_LONGEST_STRING]
        elif isinstance(block, DuplicateFieldKeyBlock | DuplicateBlockKeyBlock | Entry):
            entry = block if isinstance(block, Entry) else block.ignore_error_block
            if isinstance(entry, Entry):
                yield Reference((entry.start_line or 0) + 1, _fields(entry, strings), entry.raw or "")
        elif isinstance(block, ParsingFailedBlock):
            yield Unread(line, block.raw or "", "no end")
        elif isinstance(block, ImplicitComment):
            yield Unread(line, block.raw or "", "outside")
    if end < len(text):
        yield Unread(text.count("\n", 0, end) + 1, text[end : end + 80], "too much")


def _fields(entry: Entry, strings: Mapping[str, str]) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), [_value(str(field.value), strings)])
    return fields


def _value(source: str, strings: Mapping[str, str]) -> str:
    """A value without its signs, strings in their places and parts joined: `"a" # b # {c}`."""
    source = source[:_LONGEST]
    if "#" not in source and source[:1] in {"{", '"'}:
        return source[1:-1].strip()
    value = ""
    for part in _PARTS.findall(source):
        value += part[1:-1] if part[0] in {"{", '"'} else strings.get(part.lower(), part)
        if len(value) > _LONGEST:
            break
    return value.strip()


def address(field: str) -> str:
    r"""An address or a DOI without what some programs write around and into it: `\url{…}`, `\_`."""
    bare = re.sub(r"\\(?:url|href|path)\b|[{}]", " ", field)
    return re.sub(r"\\([_%&#~])", r"\1", bare)
