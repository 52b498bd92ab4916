"""What needs an operator's attention about papers and background work, for the admin's front page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince

from digest.admin.dashboard.figures import EditionFigures, PaperFigures, TopicFigures
from digest.lib.counting import number_of
from digest.models import Heartbeat, Source

LOOK_BACK = timedelta(days=3)  # over a weekend
UNCHECKED_AFTER = timedelta(hours=1)  # four missed checks
SILENT_AFTER = timedelta(minutes=2)  # then a worker is not merely being started again
FEW = 0.5  # of what is usual
ENOUGH_TO_COMPARE = 3


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs the operator: what is wrong, what to do about it, and where.

    `severe` is what keeps the service from doing its work at all.
    """

    what: str
    hint: str
    url: str
    severe: bool = False


def needs_attention(papers: PaperFigures, now: datetime) -> Iterator[Attention]:
    """What is wrong with sources, editions and topics at `now`; one query."""
    sources = tuple(Source.objects.all())
    yield from _without_editions(sources, papers.editions)
    yield from _not_fetched(sources, now)
    yield from _missing(sources, papers.editions, now.date())
    yield from _few_papers(papers.editions, now.date())
    yield from _rejected(papers.editions)
    yield from (_invalid_query(topic) for topic in papers.topics if topic.matches is None)


def silent_workers(now: datetime) -> Iterator[Attention]:
    """Whether workers that once sent heartbeats no longer do; one query."""
    for heartbeat in Heartbeat.objects.filter(name="worker", at__lt=now - SILENT_AFTER):
        yield Attention(
            f"No worker has sent a heartbeat for {timesince(heartbeat.at, now, depth=1)}.",
            "Scheduler, broker and worker must all run: “manage.py status” shows the last heartbeats.",
            reverse("admin:index"),
        )


def _without_editions(sources: Sequence[Source], editions: Sequence[EditionFigures]) -> Iterator[Attention]:
    if not editions:
        enabled = any(source.enabled for source in sources)
        yield Attention(
            "There is no edition yet.",
            "Sources are checked every 15 minutes; “Fetch now” does it at once."
            if enabled
            else "Enable a source, or ingest a file with “manage.py ingest”.",
            reverse("admin:digest_source_changelist"),
        )


def _not_fetched(sources: Sequence[Source], now: datetime) -> Iterator[Attention]:
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
                "A holiday at the source, or its format has changed: fetch it now and look at the error.",
                reverse("admin:digest_edition_changelist") + f"?source__id__exact={source.pk}",
            )


def _few_papers(editions: Sequence[EditionFigures], today: date) -> Iterator[Attention]:
    """Editions of past days with far fewer papers than their source usually brings on such a day."""
    for edition in editions:
        if not today - LOOK_BACK <= edition.day < today:
            continue
        usual = _usual(edition, editions)
        if usual and edition.listed < usual * FEW:
            day = date_format(edition.day, "l j F")
            what = f"{edition.source} listed only {number_of(edition.listed, 'paper')} on {day}."
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


def _rejected(editions: Sequence[EditionFigures]) -> Iterator[Attention]:
    if editions and editions[0].rejected:
        newest = editions[0]
        papers = number_of(newest.rejected, "paper")
        yield Attention(
            f"{papers} of the newest edition could not be read.",
            "The edition lists which and why.",
            newest.url,
        )


def _invalid_query(topic: TopicFigures) -> Attention:
    return Attention(
        f"The query of the topic “{topic.name}” is invalid.",
        "Open the topic and save it: the form shows where.",
        topic.url,
    )
