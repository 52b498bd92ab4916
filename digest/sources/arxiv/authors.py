"""Authors that stand in one text, with affiliations in brackets: "Ada One (1), Leo Two (Basel, (CH))"."""

import re

_AND = re.compile(r" and |;", re.IGNORECASE)
_PIECE = re.compile(r"[()]|[^()]+")
_LONGEST = 200_000  # characters: more than the 5,000 authors of the largest collaborations take
_SUFFIXES = frozenset({"jr", "jr.", "sr", "sr.", "ii", "iii", "iv"})


def names_in(text: str, *, joined_by_and: bool = False) -> list[str]:
    """The names, in order, without what stands in brackets.

    Commas within brackets part nothing, nested or not; where a bracket is never closed, all commas do. A text
    may be `joined_by_and`, too; the feeds' are not, so an "and" there is one within a name.
    """
    outside = _without_brackets(" ".join(text[:_LONGEST].split()))
    if joined_by_and:
        outside = _AND.sub(", ", outside)
    names: list[str] = []
    for part in outside.split(","):
        name = part.strip()
        if names and name.casefold() in _SUFFIXES:
            names[-1] += f", {name}"
        elif name:
            names.append(name)
    return names


def _without_brackets(text: str) -> str:
    kept: list[str] = []
    depth = 0
    for piece in _PIECE.findall(text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(depth - 1, 0)
        elif not depth:
            kept.append(piece)
    return text if depth else "".join(kept)
