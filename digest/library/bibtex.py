r"""Papers as BibTeX, in UTF-8, for BibTeX and biblatex alike.

What stands in a field is TeX. So each sign that TeX reads as its own is written as the command that prints
it, also braces, which BibTeX counts even behind a backslash. Addresses and DOIs are no TeX: styles print them
by `\url`, and reference managers open them as they are; there, what would break the entry is percent-encoded.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from digest.library.names import Name
from digest.library.reference import Reference

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_SIGNS = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        "<": r"{\textless}",
        ">": r"{\textgreater}",
        "|": r"{\textbar}",
    }
    | {sign: f"\\{sign}" for sign in "%$&#_"}
)
# Between “$” and “$” or “\\(” and “\\)”, without what TeX would not read there; “$5 and $10” is money.
_INSIDE = r"(?:[^$\\%&#]|\\[^()])+?"
_MATHEMATICS = re.compile(rf"((?<!\\)\$(?!\s){_INSIDE}(?<!\s)\$(?!\d)|\\\({_INSIDE}\\\))")


def bibtex(references: Iterable[Reference]) -> str:
    """The entries of a .bib file."""
    return "\n".join(map(_entry, references))


def _entry(paper: Reference) -> str:
    lines = ",\n".join(f"  {field} = {value}" for field, value in _fields(paper))
    return f"@misc{{{paper.citation_key},\n{lines}\n}}\n"


def _fields(paper: Reference) -> Iterator[tuple[str, str]]:
    """The fields with their values; a month is a macro of BibTeX's, which each style words as it likes."""
    if paper.authors:
        yield "author", f"{{{' and '.join(map(_author, paper.authors))}}}"
    yield "title", f"{{{_text(paper.title, title=True)}}}"
    if paper.year:
        yield "year", f"{{{paper.year}}}"
        yield "month", _MONTHS[paper.month - 1]
    if paper.arxiv:
        yield "eprint", f"{{{paper.arxiv}}}"
        yield "archiveprefix", "{arXiv}"
    if paper.doi:
        yield "doi", f"{{{_address(paper.doi)}}}"
    if paper.url:
        yield "url", f"{{{_address(paper.url)}}}"
    if paper.abstract:
        yield "abstract", f"{{{_text(paper.abstract)}}}"
    if paper.note:
        yield "annote", f"{{{_text(paper.note)}}}"


def _author(author: Name) -> str:
    """“van Beethoven, Ludwig”; what is not to be taken apart in braces of its own."""
    if not author.given:
        return f"{{{_escaped(author.family)}}}"
    parts = (author.family, author.suffix, author.given)
    return ", ".join(_and_is_a_word(_escaped(part)) for part in parts if part)


def _and_is_a_word(part: str) -> str:
    """`part` in braces if BibTeX would begin the next author in it."""
    return f"{{{part}}}" if re.search(r"(?:^|\s)and(?:\s|$)", part, re.IGNORECASE) else part


def _text(text: str, *, title: bool = False) -> str:
    """`text` as TeX that prints it. Mathematics stays, if its braces are closed."""
    return "".join(
        (f"{{{part}}}" if title else part)
        if number % 2 and _closed(part)
        else (_words(part) if title else _escaped(part))
        for number, part in enumerate(_MATHEMATICS.split(text))
    )


def _words(text: str) -> str:
    """The words of a title, “{GPT-4}” in braces: no style takes the capitals behind its first letter."""
    return "".join(
        f"{{{_escaped(word)}}}" if word[1:] != word[1:].lower() else _escaped(word)
        for word in re.split(r"(\s+)", text)
    )


def _escaped(text: str) -> str:
    return text.translate(_SIGNS)


def _closed(mathematics: str) -> bool:
    """Whether its braces are in pairs, as BibTeX counts them."""
    depth = 0
    for sign in mathematics:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0


def _address(address: str) -> str:
    """An address or a DOI without what ends a field or begins a command."""
    return re.sub(r"[{}\\\s]", lambda sign: quote(sign.group()), address)
