"""Papers of a BibTeX or biblatex file, whatever kinds of entries they are in.

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
    ImplicitComment,
    ParsingFailedBlock,
    String,
)
from bibtexparser.model import Entry as Block

from digest.lib.messages import deferred
from digest.library.reading.entries import TOO_MUCH, Entry, Found, Problem, described
from digest.library.reading.identifiers import find_identifiers

NOT_CLOSED = deferred("this entry has no end, or lacks a comma, “=”, quotation mark or brace")
NO_ENTRY = deferred("it stands outside of any entry")

_BEGINS = re.compile(r"^[^\S\n]*@[^\S\n]*[A-Za-z]+\s*[{(]", re.MULTILINE)
_IDENTIFIERS = ("eprint", "arxivid", "arxiv", "doi", "url", "ee", "howpublished")
_REMARKS = ("journal", "journaltitle", "note", "annote", "number", "volume", "pages", "archiveprefix", "file")
_MOST_MARKS = 10_000  # “@”, of which each may begin an entry
_LONGEST = 20_000  # of a value; what identifies a paper is shorter
_LONGEST_STRING = 1000  # of what an abbreviation stands for, which may double with each that names another
_PARTS = re.compile(r'"(?:[^"{}]|\{[^{}]*\})*"|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|[^\s#"{}]+')


def is_bibtex(text: str) -> bool:
    """Whether an entry begins somewhere in it."""
    return _BEGINS.search(text) is not None


def papers_of_bibtex(text: str) -> Iterator[Found]:
    """The paper of each entry, entry by entry; of those with one citation key all."""
    marks = (mark.start() for mark in re.finditer("@", text))
    end = next(islice(marks, _MOST_MARKS, None), len(text))
    strings: dict[str, str] = {}
    for block in parse_string(text[:end], parse_stack=[]).blocks:
        if isinstance(block, String):
            strings[block.key.lower()] = _value(block.value, strings)[:_LONGEST_STRING]
        elif isinstance(block, DuplicateFieldKeyBlock | DuplicateBlockKeyBlock | Block):
            entry = block if isinstance(block, Block) else block.ignore_error_block
            if isinstance(entry, Block):
                yield from _paper(entry, strings)
        elif isinstance(block, ParsingFailedBlock):
            yield Problem.at((block.start_line or 0) + 1, block.raw or "", NOT_CLOSED)
        elif isinstance(block, ImplicitComment):
            yield from _remaining(block)
    if end < len(text):
        yield Problem.at(text.count("\n", 0, end) + 1, text[end : end + 80], TOO_MUCH)


def _paper(entry: Block, strings: Mapping[str, str]) -> Iterator[Found]:
    fields: dict[str, str] = {}
    for field in entry.fields:
        fields.setdefault(field.key.lower(), _value(str(field.value), strings))
    yield from described(
        (entry.start_line or 0) + 1,
        fields.get("title", ""),
        [_address(fields[name]) for name in _IDENTIFIERS if name in fields],
        [fields[name] for name in _REMARKS if name in fields],
        entry.raw or "",
    )


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


def _address(field: str) -> str:
    r"""An address or a DOI without what some programs write around and into it: `\url{…}`, `\_`."""
    bare = re.sub(r"\\(?:url|href|path)\b|[{}]", " ", field)
    return re.sub(r"\\([_%&#~])", r"\1", bare)


def _remaining(comment: ImplicitComment) -> Iterator[Found]:
    """What stands between entries, a comment to BibTeX: an entry without its “@” would be lost in silence.

    Identifiers pasted there count; of the rest the first line is told.
    """
    told = False
    for number, line in enumerate((comment.raw or "").split("\n"), start=(comment.start_line or 0) + 1):
        if line.lstrip().startswith("%"):
            continue
        keys = find_identifiers(line)
        yield from (Entry(number, key) for key in keys)
        if not keys and not told and line.strip(" \t}),"):
            yield Problem.at(number, line, NO_ENTRY)
            told = True
