"""Queries as trees: what can be asked, and how it is printed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from operator import attrgetter

from digest.matching.tokenizer import without_version, words


class Field(StrEnum):
    """A text of a paper that words are looked for in; a term without field means title or abstract."""

    TITLE = "title"
    ABSTRACT = "abstract"
    AUTHOR = "author"
    ORG = "org"
    SOURCE = "source"


ANYWHERE = (Field.TITLE, Field.ABSTRACT)
_UNQUOTED = re.compile(r"[^\s()^]+")  # names of papers that need no quotes


class Number(StrEnum):
    """A number of a paper that can be compared; one that the source does not say satisfies nothing."""

    UPVOTES = "upvotes"
    COMMENTS = "comments"
    AUTHORS = "authors"
    DAY = "day"


_text = attrgetter("text")


@dataclass(frozen=True, slots=True)
class _Printed:
    """A part of a query, which is printed once, when it is made: the parts around it need its text."""

    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self._print())

    def __str__(self) -> str:
        return self.text

    def _print(self) -> str:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Term(_Printed):
    """Folded words that stand side by side, one word being the common case; the last may be a prefix.

    A name with a version is met by the name without any, too, unless it is `exact`, as in what is left out.
    """

    words: tuple[str, ...]
    prefix: bool = False
    field: Field | None = None
    exact: bool = False

    def __hash__(self) -> int:
        return hash(self.text)  # which a string remembers

    def _print(self) -> str:
        body = " ".join(self.words)
        if len(self.words) == 2 and self.words[1][-1].isdigit() and words("".join(self.words)) == self.words:
            body = "".join(self.words)  # a name and its version, as most people write them
        elif len(self.words) > 1 or body in {"and", "or", "not", "near"}:
            body = f'"{body}"'
        return f"{self.field + ':' if self.field else ''}{body}{'*' if self.prefix else ''}"

    @property
    def without_version(self) -> "Term | None":
        """The name without a version by which the term is met, too."""
        if self.exact or self.prefix or not self.words[-1][-1:].isdigit():  # as nearly all are
            return None
        name = without_version(self.words)
        return Term(name, field=self.field) if name else None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Where it is looked for."""
        return (self.field,) if self.field else ANYWHERE


@dataclass(frozen=True, slots=True)
class Near(_Printed):
    """One of `left` and one of `right` in one text, in either order, at most `distance` words between."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    distance: int

    def _print(self) -> str:
        return f"{_either(self.left)} NEAR/{self.distance} {_either(self.right)}"


@dataclass(frozen=True, slots=True)
class Compare(_Printed):
    """A number against a value; `day` against a date."""

    number: Number
    operator: str
    value: int | date

    def _print(self) -> str:
        return f"{self.number}{self.operator}{self.value}"


@dataclass(frozen=True, slots=True)
class Topic(_Printed):
    """What the model of a preset topic keeps."""

    slug: str

    def _print(self) -> str:
        return f"topic:{self.slug}"


@dataclass(frozen=True, slots=True)
class Like(_Printed):
    """Papers like the one of this key, whose `vector` somebody looks up after parsing; without, none is."""

    key: str
    vector: Mapping[str, float] = field(default_factory=dict, repr=False)

    def __hash__(self) -> int:
        return hash(self.text)

    def _print(self) -> str:
        name = self.key.removeprefix("arxiv:").removeprefix("doi:")
        return f"like:{name}" if _UNQUOTED.fullmatch(name) else f'like:"{name}"'


@dataclass(frozen=True, slots=True)
class And(_Printed):
    parts: tuple["Node", ...]

    def _print(self) -> str:
        if Or in map(type, self.parts):
            return " ".join([f"({part.text})" if isinstance(part, Or) else part.text for part in self.parts])
        return " ".join(map(_text, self.parts))


@dataclass(frozen=True, slots=True)
class Or(_Printed):
    parts: tuple["Node", ...]

    def _print(self) -> str:
        return " OR ".join(map(_text, self.parts))


@dataclass(frozen=True, slots=True)
class Not(_Printed):
    part: "Node"

    def _print(self) -> str:
        return f"NOT {_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class Weight(_Printed):
    """A part that counts `factor` times as much for the order of papers; which are kept does not change."""

    part: "Node"
    factor: float

    def _print(self) -> str:
        return f"{_bracketed(self.part)}^{self.factor:g}"


Leaf = Term | Near | Compare | Topic | Like
Node = Leaf | And | Or | Not | Weight


@dataclass(frozen=True, slots=True)
class Query:
    """A readable query in canonical form: queries that differ only in order, repetition, spacing or
    spelling of operators are equal. `str` prints it so that parsing gives it back."""

    root: Node

    def __str__(self) -> str:
        return self.root.text

    @property
    def size(self) -> int:
        """How many words or phrases, numbers and topics it has; a NEAR counts each pair it looks for."""
        return _size(self.root)

    @property
    def leaves(self) -> Iterator[Leaf]:
        """Its words and phrases, numbers, topics and liked papers."""
        return _leaves(self.root)

    @property
    def numbers(self) -> frozenset[Number]:
        """The numbers it compares."""
        return frozenset(leaf.number for leaf in self.leaves if isinstance(leaf, Compare))

    @property
    def liked(self) -> frozenset[str]:
        """The keys of the papers that others shall be like; quick for nearly all queries, which name none."""
        if "like:" not in self.root.text:
            return frozenset()
        return frozenset(leaf.key for leaf in self.leaves if isinstance(leaf, Like))


def holds(node: Node, leaf_holds: Callable[[Leaf], bool]) -> bool:
    """Whether `node` holds, given which leaves do."""
    match node:
        case And(parts):
            return all(holds(part, leaf_holds) for part in parts)
        case Or(parts):
            return any(holds(part, leaf_holds) for part in parts)
        case Not(part):
            return not holds(part, leaf_holds)
        case Weight(part, _):
            return holds(part, leaf_holds)
        case _:
            return leaf_holds(node)


def _size(node: Node) -> int:
    match node:
        case And(parts) | Or(parts):
            return sum(map(_size, parts))
        case Not(part) | Weight(part, _):
            return _size(part)
        case Near(left, right, _):
            return len(left) * len(right)
        case _:
            return 1


def _leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(part) | Weight(part, _):
            yield from _leaves(part)
        case _:
            yield node


def _either(terms: tuple[Term, ...]) -> str:
    text = " OR ".join(map(str, terms))
    return f"({text})" if len(terms) > 1 else text


def _bracketed(node: Node) -> str:
    return node.text if isinstance(node, Term | Compare | Topic | Like) else f"({node.text})"
