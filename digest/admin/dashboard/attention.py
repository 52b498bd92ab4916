"""What needs an operator's attention about papers and background work, for the admin's front page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.timesince import timesince

from digest.admin.dashboard.figures import EditionFigures, PaperFigures, TopicFigures
from digest.ingestion.health.wording import told
from digest.lib.counting import number_of
from digest.models import Heartbeat, Source, SourceProblem

SILENT_AFTER = timedelta(minutes=2)  # then a worker is not merely being started again


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs the operator: what is wrong, what to do about it, and where.

    `severe` is what keeps the service from doing its work at all.
    """

    what: str
    hint: str
    url: str
    severe: bool = False


def needs_attention(papers: PaperFigures) -> Iterator[Attention]:
    """What is wrong with sources, editions and topics; two queries."""
    sources = tuple(Source.objects.all())
    yield from _without_editions(sources, papers.editions)
    yield from _source_problems()
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


def _source_problems() -> Iterator[Attention]:
    for problem in SourceProblem.objects.open().select_related("source"):
        words = told(problem)
        url = reverse("admin:digest_sourceproblem_change", args=[problem.pk])
        yield Attention(words.what, words.hint, url)


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
