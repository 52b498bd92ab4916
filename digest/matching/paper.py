"""What matching needs to know of a paper, and how its fields are read."""

from datetime import date
from operator import eq, ge, gt, le, lt
from typing import Protocol

from digest.matching.ast import Compare, Field, Number
from digest.matching.tokenizer import Text

OPERATORS = {">=": ge, "<=": le, ">": gt, "<": lt, "=": eq}


class PaperText(Protocol):
    """A paper as far as every query needs it.

    What else it has may be asked for too: `author_names` and `source_names` (sequences), `organization`,
    `upvotes`, `comments`, `authors` (numbers) and `day`. What is missing or None satisfies nothing.
    """

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def abstract(self) -> str: ...


def text_sources(paper: PaperText) -> dict[Field, tuple[str, ...]]:
    """The searchable texts of a paper by field; each name is a text of its own, which no phrase leaves."""
    return {
        Field.TITLE: (paper.title,),
        Field.ABSTRACT: (paper.abstract,),
        Field.AUTHOR: tuple(getattr(paper, "author_names", None) or ()),
        Field.ORG: (getattr(paper, "organization", None) or "",),
        Field.SOURCE: tuple(getattr(paper, "source_names", None) or ()),
    }


def texts(paper: PaperText) -> dict[Field, tuple[Text, ...]]:
    """`text_sources`, split into words."""
    return {field: tuple(map(Text, sources)) for field, sources in text_sources(paper).items()}


def satisfies(paper: PaperText, compare: Compare) -> bool:
    """Whether the paper's number, if it is known, compares as asked."""
    found: int | date | None = getattr(paper, compare.number, None)
    return found is not None and bool(OPERATORS[compare.operator](found, compare.value))


def shown(paper: PaperText, number: Number) -> str:
    """The paper's number in words: “48 upvotes”."""
    return (
        f"{number} {getattr(paper, number)}" if number == Number.DAY else f"{getattr(paper, number)} {number}"
    )
