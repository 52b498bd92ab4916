"""The naive, obviously right evaluator that every faster path must agree with.

It spells out the promise of the query language on small texts: a term is found if its words, read
with or without the gap between two neighbours, stand side by side.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise, product

from digest.matching import And, Compare, Field, Like, Near, Not, Or, Term, Text, Topic, Weight
from digest.matching.ast import Node
from digest.matching.percolator.topic_assignment import topics_of
from digest.matching.ranking.likeness import ALIKE
from digest.matching.ranking.similarity import vector
from digest.matching.tokenizer import stem, stems_sought


@dataclass(frozen=True)
class Paper:
    """A paper with all that can be asked for."""

    key: str
    title: str
    abstract: str = ""
    author_names: tuple[str, ...] = ()
    organization: str | None = None
    source_names: tuple[str, ...] = ()
    upvotes: int | None = None
    comments: int | None = None
    authors: int | None = None
    day: date | None = None


def keeps(node: Node, paper: Paper) -> bool:
    match node:
        case And(parts):
            return all(keeps(part, paper) for part in parts)
        case Or(parts):
            return any(keeps(part, paper) for part in parts)
        case Not(part):
            return not keeps(part, paper)
        case Weight(part, _):
            return keeps(part, paper)
        case Term():
            return any(stretches(node, text) for text in searched(node, paper))
        case Near():
            return any(is_near(node, text) for text in searched(node.left[0], paper))
        case Topic():
            return node.slug in topics_of([paper])[0]
        case Like():
            other = vector(paper)
            shares = sum(weight * other.get(stem, 0.0) for stem, weight in node.vector.items())
            return len(node.vector) >= 30 and len(other) >= 30 and shares >= ALIKE
        case Compare():
            return compares(getattr(paper, node.number), node.operator, node.value)


def searched(term: Term, paper: Paper) -> list[Text]:
    """The texts a term is looked for in; each name is a text of its own."""
    texts = {
        Field.TITLE: [paper.title],
        Field.ABSTRACT: [paper.abstract],
        Field.AUTHOR: paper.author_names,
        Field.ORG: [paper.organization or ""],
        Field.SOURCE: paper.source_names,
    }
    return [
        split(text)
        for field in ([term.field] if term.field else [Field.TITLE, Field.ABSTRACT])
        for text in texts[field]
    ]


@cache
def split(text: str) -> Text:
    """The same text is split once: speed, nothing else."""
    return Text(text)


def compares(found: int | date | None, operator: str, value: int | date) -> bool:
    if found is None:
        return False
    order = (found > value) - (found < value)  # type: ignore[operator]
    return order in {">=": {0, 1}, "<=": {0, -1}, ">": {1}, "<": {-1}, "=": {0}}[operator]


def is_near(near: Near, text: Text) -> bool:
    sides = [
        [set(range(*s)) for term in side for s in stretches(term, text)] for side in (near.left, near.right)
    ]
    for a, b in product(*sides):
        first, second = sorted((a, b), key=min)
        if not first & second and 0 <= min(second) - max(first) - 1 <= near.distance:
            return True
    return False


def stretches(term: Term, text: Text) -> list[tuple[int, int]]:
    """Every stretch of words of the text that is the term, as start and end.

    A name with a version is also the name where no version follows.
    """
    name = term.without_version
    named = [span for span in stretches(name, text) if not is_numbered(text, span[1])] if name else []
    return named + [
        (start, end)
        for reading in readings(term.words)
        for start in range(len(text.forms))
        for end in ends(reading, term.prefix, text, start)
    ]


def is_numbered(text: Text, end: int) -> bool:
    """Whether a number or “v” and a number follows, with no more than a space or hyphen between."""
    return bool(text.joined[end - 1]) and text.forms[end].removeprefix("v")[:1] in set("0123456789")


def readings(words: tuple[str, ...]) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Every way to write the term: each gap between two neighbours kept or closed, no word joined twice.

    Each word comes with whether it is two joined.
    """
    for closed in product([False, True], repeat=len(words) - 1):
        if any(a and b for a, b in pairwise(closed)):
            continue
        written = [(words[0], False)]
        for gap_closed, word in zip(closed, words[1:], strict=True):
            if gap_closed:
                written[-1] = (written[-1][0] + word, True)
            else:
                written.append((word, False))
        yield tuple(written)


def ends(wanted: tuple[tuple[str, bool], ...], prefix: bool, text: Text, start: int) -> Iterator[int]:
    """Where the wanted words end if they begin at `start`; two joined words meet one that is not."""
    if not wanted:
        yield start
        return
    if start >= len(text.forms):
        return
    word, is_joined = wanted[0]
    written = [(text.forms[start], start + 1)]
    begun = prefix and len(wanted) == 1 and text.forms[start].startswith(word)
    if text.joined[start] and not is_joined and not begun:
        written.append((text.joined[start], start + 2))
    for form, after in written:
        if meets(word, form, prefix and len(wanted) == 1):
            yield from ends(wanted[1:], prefix, text, after)


def meets(wanted: str, form: str, prefix: bool) -> bool:
    return form.startswith(wanted) if prefix else stem(form) in stems_sought(wanted)


def left_out(node: Node) -> Node:
    """The node as it is read inside a NOT, where a name with a version is that version."""
    match node:
        case And(parts) | Or(parts):
            return type(node)(tuple(map(left_out, parts)))
        case Not(part):
            return Not(left_out(part))
        case Weight(part, factor):
            return Weight(left_out(part), factor)
        case Near(left, right, distance):
            return Near(tuple(map(_left_out, left)), tuple(map(_left_out, right)), distance)
        case Term():
            return _left_out(node)
    return node


def _left_out(term: Term) -> Term:
    has_version = replace(term, exact=False).without_version is not None
    return replace(term, exact=not term.exact) if has_version else term
