"""Papers as RIS: a line a tag, two blanks, a hyphen, a blank and the value; lines end in CR LF.

In UTF-8 without a byte order mark, which some readers take for a part of the first tag.
"""

from collections.abc import Iterable, Iterator

from digest.library.reference import Reference


def ris(references: Iterable[Reference]) -> str:
    """The records of a .ris file; each begins with its kind and ends with ER."""
    return "\r\n".join(map(_record, references))


def _record(paper: Reference) -> str:
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in _tags(paper))


def _tags(paper: Reference) -> Iterator[tuple[str, str]]:
    """A preprint is unpublished; where a DOI leads, no source says."""
    yield "TY", "UNPB" if paper.arxiv else "GEN"
    for author in paper.authors:
        yield "AU", author.inverted
    yield "T1", paper.title
    if paper.abstract:
        yield "AB", paper.abstract
    if paper.note:
        yield "N1", paper.note
    if paper.url:
        yield "UR", paper.url
    if paper.doi:
        yield "DO", paper.doi
    if paper.year:
        yield "PY", str(paper.year)
        yield "DA", paper.date
    yield "ER", ""
