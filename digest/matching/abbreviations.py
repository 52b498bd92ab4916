"""Abbreviations that a text introduces itself: “mixture of experts (MoE)”.

The method follows Schwartz and Hearst (A simple algorithm for identifying abbreviation definitions in
biomedical text, 2003): the letters of what stands in brackets are looked for in the words before, and the
first of them has to begin a word.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_BRACKETS = re.compile(r"\(\s*([^\W_][\w.&/+-]{1,11})\s*[,;)]")
_REACH = 300  # characters: longer than any long form
_CLAUSE = re.compile(r"[.:;!?()\[\]\n]")  # what no long form goes beyond
_WORD = re.compile(r"[^\W_](?:[\w’']*[^\W_])?")
_PART = re.compile(r"[^\W_]+")
_SMALL = frozenset({"a", "an", "and", "by", "for", "from", "in", "of", "on", "the", "to", "via", "with"})


class Definition(NamedTuple):
    """A short form and what it stands for, as the text writes them."""

    short: str
    long: str


def definitions(text: str) -> Iterator[Definition]:
    """What `text` introduces, in its order; a plural stands in the singular: “LLMs” as “LLM”."""
    for found in _BRACKETS.finditer(text):
        short = found[1].rstrip(".-/")
        if len(short) > 2 and short[-1] == "s" and short[-2].isupper():
            short = short[:-1]
        if sum(letter.isupper() for letter in short) > 1:
            before = text[max(0, found.start() - _REACH) : found.start()]
            if long := _long_form(short, before):
                yield Definition(short, long)


def _long_form(short: str, before: str) -> str:
    """The end of `before` that `short` stands for; empty if there is none.

    Words whose initials are all of its letters come first, “proximal policy optimization”; else the shortest
    end that has the letters in this order, “autoencoder”.
    """
    letters = [letter for letter in short.casefold() if letter.isalnum()]
    clause = max((mark.end() for mark in _CLAUSE.finditer(before)), default=0)
    words = [*_WORD.finditer(before, clause)][-min(len(letters) + 5, 2 * len(letters)) :]
    starts = [word.start() for word in words if word.start() == clause or before[word.start() - 1].isspace()]
    begins = [start for start in starts if before[start].casefold() == letters[0]][::-1]
    spelt = (start for start in begins if _initials(letters, before[start:]))
    held = (start for start in begins if _holds(letters, before[start:].casefold()))
    start = next(spelt, next(held, None))
    long = "" if start is None else before[start:].strip()
    return long if len(_WORD.findall(long)) > 1 and short.casefold() not in long.casefold().split() else ""


def _initials(letters: list[str], long: str) -> bool:
    """Whether the words begin with the letters, one each; small words may have none."""
    if len(letters) < 3:  # two letters begin any two words
        return False
    left = letters[:]
    for word in (found[0].casefold() for found in _PART.finditer(long)):
        if left and word[0] == left[0]:
            del left[0]
        elif word not in _SMALL:
            return False
    return not left


def _holds(letters: list[str], long: str) -> bool:
    """Whether the letters are in `long`, in this order, and its last word has one of them."""
    place = -1
    for letter in letters:
        place = long.find(letter, place + 1)
        if place < 0:
            return False
    last = [*_WORD.finditer(long)][-1]
    return letters[-1] in last[0]
