"""Papers of a BibTeX or biblatex file, whatever kinds of entries they are in."""

from collections.abc import Iterator

from digest.lib.messages import deferred
from digest.library.reading.entries import TOO_MUCH, Entry, Found, Problem, described
from digest.library.reading.identifiers import find_identifiers
from digest.sources.uploads.bibtex_entries import address, split_bibtex
from digest.sources.uploads.references import Reference, Unread

NOT_CLOSED = deferred("this entry has no end, or lacks a comma, “=”, quotation mark or brace")
NO_ENTRY = deferred("it stands outside of any entry")

_IDENTIFIERS = ("eprint", "arxivid", "arxiv", "doi", "url", "ee", "howpublished")
_REMARKS = ("journal", "journaltitle", "note", "annote", "number", "volume", "pages", "archiveprefix", "file")


def papers_of_bibtex(text: str) -> Iterator[Found]:
    """The paper of each entry, entry by entry; of those with one citation key all."""
    for part in split_bibtex(text):
        if isinstance(part, Reference):
            yield from _paper(part)
        elif part.why == "outside":
            yield from _remaining(part)
        else:
            yield Problem.at(part.line, part.text, NOT_CLOSED if part.why == "no end" else TOO_MUCH)


def _paper(entry: Reference) -> Iterator[Found]:
    yield from described(
        entry.line,
        entry.first("title"),
        [address(value) for name in _IDENTIFIERS for value in entry.fields.get(name, ())],
        [value for name in _REMARKS for value in entry.fields.get(name, ())],
        entry.written,
    )


def _remaining(comment: Unread) -> Iterator[Found]:
    """What stands between entries: an entry without its “@” would be lost in silence.

    Identifiers pasted there count; of the rest the first line is told.
    """
    told = False
    for number, line in enumerate(comment.text.split("\n"), start=comment.line):
        if line.lstrip().startswith("%"):
            continue
        keys = find_identifiers(line)
        yield from (Entry(number, key) for key in keys)
        if not keys and not told and line.strip(" \t}),"):
            yield Problem.at(number, line, NO_ENTRY)
            told = True
