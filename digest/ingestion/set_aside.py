"""Entries that could not be read as papers: set aside with the reason, until their answer is read whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.ingestion import raw_answers
from digest.ingestion.replay import parse
from digest.models import Edition
from digest.sources import SourceChanged, SourceUnavailable


@dataclass(frozen=True, slots=True)
class SetAside:
    """An entry of an answer that could not be read; `now` says whether this version can read it."""

    edition: Edition
    position: int
    title: str
    why: str
    now: str


def set_aside(editions: Iterable[Edition]) -> Iterator[SetAside]:
    """The entries of these editions, each answer parsed again to see what this version makes of it."""
    for edition in editions:
        said, rejected = _now(edition)
        for entry in edition.rejected:
            place = (entry["position"], entry["title"])
            now = said or ("still so" if place in rejected else "can be read now")
            yield SetAside(edition, *place, entry["why"], now)


def _now(edition: Edition) -> tuple[str, frozenset[tuple[int, str]]]:
    """Why the answer says nothing, if so; and what cannot be read of it."""
    answers = [one for one in raw_answers.answers(edition.source, edition.day, edition.day) if one.format]
    if not answers:
        return "its answer is not kept any more", frozenset()
    try:
        rejected = parse(edition.source, answers[-1]).rejected
    except (SourceChanged, SourceUnavailable):
        return "its answer cannot be parsed any more", frozenset()
    return "", frozenset((one.position, one.title) for one in rejected)
