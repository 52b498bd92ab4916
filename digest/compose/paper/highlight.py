"""Marked runs of characters, and a text taken apart at their edges."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.compose.content import Mark

_JOINTS = frozenset(" \n-\u2010\u2011\u2013/")  # what may stand between two words of one run


@dataclass(frozen=True, slots=True)
class Run:
    """Characters `start` to `end` of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is marked as a whole, or not at all."""

    text: str
    marked: bool


def runs(text: str, field: str, marks: Iterable[Mark]) -> tuple[Run, ...]:
    """The marked runs of `text`, in order and apart: marks that overlap or are neighbouring words are one.

    Marks beyond the text are clipped, so that a text edited since it was matched still prints.
    """
    spans = sorted(
        (max(mark.start, 0), min(mark.end, len(text)))
        for mark in marks
        if mark.field == field and max(mark.start, 0) < min(mark.end, len(text))
    )
    merged: list[Run] = []
    for start, end in spans:
        last = merged[-1] if merged else None
        if last and (start <= last.end or _JOINTS.issuperset(text[last.end : start])):
            merged[-1] = Run(last.start, max(last.end, end))
        else:
            merged.append(Run(start, end))
    return tuple(merged)


def pieces(text: str, marked: Iterable[Run]) -> tuple[Piece, ...]:
    """`text` as pieces, marked and not, whose texts join to `text`. `marked` is in order and apart."""
    result: list[Piece] = []
    position = 0
    for run in marked:
        if run.start > position:
            result.append(Piece(text[position : run.start], marked=False))
        result.append(Piece(text[run.start : run.end], marked=True))
        position = run.end
    if position < len(text):
        result.append(Piece(text[position:], marked=False))
    return tuple(result)
