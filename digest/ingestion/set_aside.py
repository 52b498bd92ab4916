"""Entries that could not be read as papers: set aside with the reason, until their answer is read whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Q

from digest.ingestion import raw_answers
from digest.ingestion.replay import parse
from digest.models import Edition, RawAnswer
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
    about = Q(day=edition.day) | Q(day=None, fetched_at__date=edition.day)
    readable = RawAnswer.objects.filter(about, source=edition.source).exclude(format="")
    newest = readable.order_by("-fetched_at").first()
    if newest is None:
        return "its answer is not kept any more", frozenset()
    try:
        rejected = parse(edition.source, raw_answers.answer_of(newest)).rejected
    except (SourceChanged, SourceUnavailable):
        return "its answer cannot be parsed any more", frozenset()
    return "", frozenset((one.position, one.title) for one in rejected)
