"""Figures about papers for the admin's front page, as plain values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, cast

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from digest.archive.queries import matches_of
from digest.matching import QuerySyntaxError, parse_query
from digest.models import Edition, EditionEntry, Paper, Topic

EDITIONS_READ = 30  # enough to say what is usual for each kind of day


@dataclass(frozen=True, slots=True)
class EditionFigures:
    """One edition in numbers of papers."""

    pk: int
    source_id: int
    source: str
    day: date
    fetched_at: datetime
    listed: int
    new: int
    rejected: int

    @property
    def url(self) -> str:
        return reverse("admin:digest_edition_change", args=[self.pk])


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """A topic, and how many papers of the newest edition it keeps; None if its query cannot be read."""

    pk: int
    name: str
    colour: str
    matches: int | None

    @property
    def url(self) -> str:
        return reverse("admin:digest_topic_change", args=[self.pk])


@dataclass(frozen=True, slots=True)
class PaperFigures:
    """What is published: editions newest first, enabled topics in their order."""

    editions: tuple[EditionFigures, ...]
    topics: tuple[TopicFigures, ...]

    @property
    def newest(self) -> EditionFigures | None:
        return self.editions[0] if self.editions else None


class Counted(Protocol):
    """What `counted` adds to an edition: papers listed, and those that no earlier release had brought out."""

    listed: int
    new: int


def counted(editions: QuerySet[Edition]) -> QuerySet[Edition]:
    """Editions with the numbers of `Counted`."""

    def number(entries: QuerySet[EditionEntry]) -> Coalesce:
        count = entries.order_by().values("edition").annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(count, output_field=IntegerField()), 0)

    entries = EditionEntry.objects.filter(edition=OuterRef("pk"))
    new = entries.filter(paper__release__edition=F("edition"))
    return editions.annotate(listed=number(entries), new=number(new))


def newest_edition() -> Edition | None:
    return Edition.objects.order_by("-day", "-fetched_at").first()


def matching(topics: Iterable[Topic], edition_id: int) -> dict[str, list[Paper]]:
    """The papers of one edition that each topic with a readable query keeps, by slug."""
    papers = Paper.objects.filter(entries__edition=edition_id).order_by("entries__position")
    readable = [topic for topic in topics if _is_readable(topic.query)]
    return dict(matches_of(readable, papers))


def _is_readable(query: str) -> bool:
    try:
        parse_query(query)
    except QuerySyntaxError:
        return False
    return True


def paper_figures() -> PaperFigures:
    """The figures, in three queries."""
    editions = tuple(_recent_editions())
    topics = tuple(_topics(editions[0].pk if editions else None))
    return PaperFigures(editions, topics)


def _recent_editions() -> Iterator[EditionFigures]:
    newest = counted(Edition.objects.select_related("source")).order_by("-day", "-fetched_at")
    for edition in newest[:EDITIONS_READ]:
        numbers = cast("Counted", edition)
        yield EditionFigures(
            pk=edition.pk,
            source_id=edition.source_id,
            source=edition.source.title,
            day=edition.day,
            fetched_at=edition.fetched_at,
            listed=numbers.listed,
            new=numbers.new,
            rejected=len(edition.rejected),
        )


def _topics(edition_id: int | None) -> Iterator[TopicFigures]:
    topics = list(Topic.objects.filter(enabled=True))
    matches = matching(topics, edition_id) if edition_id else {topic.slug: [] for topic in topics}
    for topic in topics:
        found = matches.get(topic.slug)
        yield TopicFigures(topic.pk, topic.name, topic.colour, None if found is None else len(found))
