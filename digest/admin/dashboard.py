"""Today's figures about papers, as plain values, and what about them needs an operator."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Protocol, cast

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import date_format

from digest.archive.queries import matches_of
from digest.matching import QuerySyntaxError, parse_query
from digest.models import Edition, EditionEntry, Paper, Source, Topic

EDITIONS_READ = 30  # enough to say what is usual for each kind of day
LOOK_BACK = timedelta(days=3)  # over a weekend
UNCHECKED_AFTER = timedelta(hours=1)  # four missed checks
FEW = 0.5  # of what is usual
ENOUGH_TO_COMPARE = 3


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs the operator: what is wrong, what to do about it, and where."""

    what: str
    hint: str
    url: str


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
    attention: tuple[Attention, ...]

    @property
    def newest(self) -> EditionFigures | None:
        return self.editions[0] if self.editions else None


class Counted(Protocol):
    """What `counted` adds to an edition: papers listed, and those that no earlier release had brought out."""

    listed: int
    new: int


def counted(editions: QuerySet[Edition]) -> QuerySet[Edition]:
    """Editions without their raw answer, with the numbers of `Counted`."""

    def number(entries: QuerySet[EditionEntry]) -> Coalesce:
        count = entries.order_by().values("edition").annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(count, output_field=IntegerField()), 0)

    entries = EditionEntry.objects.filter(edition=OuterRef("pk"))
    new = entries.filter(paper__release__edition=F("edition"))
    return editions.defer("raw").annotate(listed=number(entries), new=number(new))


def newest_edition() -> Edition | None:
    return Edition.objects.defer("raw").order_by("-day", "-fetched_at").first()


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


def paper_figures(now: datetime) -> PaperFigures:
    """The figures at `now`, in four queries."""
    editions = tuple(_recent_editions())
    topics = tuple(_topics(editions[0].pk if editions else None))
    sources = tuple(Source.objects.all())
    attention = (
        *_without_editions(sources, editions),
        *_troubled(sources, now),
        *_missing(sources, editions, now.date()),
        *_thin(editions, now.date()),
        *_unread(editions),
        *(_broken(topic) for topic in topics if topic.matches is None),
    )
    return PaperFigures(editions, topics, attention)


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


# --- What needs attention: pure from here on -------------------------------------------------


def _without_editions(sources: Sequence[Source], editions: Sequence[EditionFigures]) -> Iterator[Attention]:
    if not editions:
        enabled = any(source.enabled for source in sources)
        yield Attention(
            "There is no edition yet.",
            "The sources are checked every 15 minutes; fetch now if you do not want to wait."
            if enabled
            else "Enable a source, or ingest a file with “manage.py ingest”.",
            reverse("admin:digest_source_changelist"),
        )


def _troubled(sources: Sequence[Source], now: datetime) -> Iterator[Attention]:
    for source in sources:
        url = reverse("admin:digest_source_change", args=[source.pk])
        if source.error:
            yield Attention(f"{source.title} could not be fetched.", source.error.partition("\n")[0], url)
        elif source.enabled and (source.checked_at is None or source.checked_at < now - UNCHECKED_AFTER):
            since = date_format(source.checked_at, "j M, H:i") if source.checked_at else "it was enabled"
            yield Attention(
                f"{source.title} has not been checked since {since}.", "Is the scheduler running?", url
            )


def _missing(
    sources: Sequence[Source], editions: Sequence[EditionFigures], today: date
) -> Iterator[Attention]:
    """Weekdays that an enabled source let pass without an edition; today may still come."""
    for source in sources:
        known = {edition.day for edition in editions if edition.source_id == source.pk}
        if not source.enabled or not known:
            continue
        passed = (today - LOOK_BACK + timedelta(days=n) for n in range(LOOK_BACK.days))
        missed = [day for day in passed if day.weekday() < 5 and day > min(known) and day not in known]
        if missed:
            days = ", ".join(date_format(day, "l j F") for day in missed)
            yield Attention(
                f"{source.title} has no edition for {days}.",
                "A holiday at the source, or its page has changed: fetch it now and look at the error.",
                reverse("admin:digest_edition_changelist") + f"?source__id__exact={source.pk}",
            )


def _thin(editions: Sequence[EditionFigures], today: date) -> Iterator[Attention]:
    """Editions of past days with far fewer papers than their source usually brings on such a day."""
    for edition in editions:
        if not today - LOOK_BACK <= edition.day < today:
            continue
        usual = _usual(edition, editions)
        if usual and edition.listed < usual * FEW:
            day = date_format(edition.day, "l j F")
            what = f"{edition.source} listed only {edition.listed} papers on {day}."
            yield Attention(what, f"About {usual:.0f} are usual on such a day.", edition.url)


def _usual(edition: EditionFigures, editions: Sequence[EditionFigures]) -> float | None:
    """The median number of papers of earlier editions, weekdays and weekends apart; None if too few."""
    earlier = [
        other.listed
        for other in editions
        if other.source_id == edition.source_id
        and other.day < edition.day
        and (other.day.weekday() < 5) == (edition.day.weekday() < 5)
    ]
    return median(earlier) if len(earlier) >= ENOUGH_TO_COMPARE else None


def _unread(editions: Sequence[EditionFigures]) -> Iterator[Attention]:
    if editions and editions[0].rejected:
        newest = editions[0]
        papers = "1 paper" if newest.rejected == 1 else f"{newest.rejected} papers"
        yield Attention(
            f"{papers} of the newest edition could not be read.",
            "The edition says which and why.",
            newest.url,
        )


def _broken(topic: TopicFigures) -> Attention:
    return Attention(
        f"The query of “{topic.name}” cannot be read.",
        "Open the topic and save it: it will say where.",
        topic.url,
    )
