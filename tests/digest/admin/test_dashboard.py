"""The figures about papers are right, and what needs an operator is said with where to go."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from digest.admin.dashboard.attention import Attention, needs_attention, silent_workers
from digest.admin.dashboard.figures import paper_figures
from digest.ingestion.health.watch import watch
from digest.models import Edition, Heartbeat, Source, SourceProblem, Topic
from tests.factories import DAY, NOW, edition, source, topic

pytestmark = pytest.mark.django_db


def found() -> list[Attention]:
    return list(needs_attention(paper_figures()))


def attention() -> list[str]:
    return [item.what for item in found()]


def fetched(now: datetime, **values: Any) -> Source:
    """A source that is fetched on schedule and was checked a moment ago."""
    row = source()
    Source.objects.filter(pk=row.pk).update(
        **{"enabled": True, "checked_at": now - timedelta(minutes=5)} | values
    )
    return row


def test_editions_are_counted_with_what_was_new_in_them(django_assert_max_num_queries: Any) -> None:
    edition("FP4 training", "Gaussian splats")
    later = edition("FP4 training", "Agents at work", day=DAY + timedelta(days=1)).editions[0]
    Edition.objects.filter(pk=later.pk).update(rejected=[{"position": 3, "title": "", "why": "no title"}])
    topic("agents", "agent*")
    topic("video", "video")
    topic("hidden", "agent*", enabled=False)
    with django_assert_max_num_queries(3):
        figures = paper_figures()
    assert figures.newest
    assert (figures.newest.source, figures.newest.day) == ("Huggingface", DAY + timedelta(days=1))
    assert [(e.listed, e.new, e.rejected) for e in figures.editions] == [(2, 1, 1), (2, 2, 0)]
    assert [(t.name, t.matches) for t in figures.topics] == [("Agents", 1), ("Video", 0)]


def test_without_any_edition_it_says_what_to_do_first() -> None:
    topic("agents", "agent*")
    (only,) = found()
    sources = reverse("admin:digest_source_changelist")
    hint = "Enable a source, or ingest a file with “manage.py ingest”."
    assert only == Attention("There is no edition yet.", hint, sources)
    fetched(NOW)
    (only,) = found()
    assert only.hint.startswith("Sources are checked every 15 minutes")


def test_an_open_problem_of_a_source_is_told_with_its_page() -> None:
    edition("FP4 training")
    row = fetched(NOW, error="The site answered 503.\nTraceback …", error_kind="unreachable")
    watch(NOW)
    (only,) = found()
    problem = SourceProblem.objects.get(source=row)
    assert only.what == "Huggingface cannot be reached."
    assert only.url == reverse("admin:digest_sourceproblem_change", args=[problem.pk])
    SourceProblem.objects.update(accepted_at=NOW)
    assert found() == []


def test_papers_that_could_not_be_read_are_told_for_the_newest_edition() -> None:
    newest = edition("FP4 training").editions[0]
    Edition.objects.update(rejected=[{"position": 3, "title": "", "why": "no title"}])
    (only,) = found()
    assert only.what == "1 paper of the newest edition could not be read."
    assert only.url == reverse("admin:digest_edition_change", args=[newest.pk])


def test_a_query_that_no_longer_reads_does_not_hide_the_other_topics() -> None:
    edition("Agents at work")
    topic("agents", "agent*")
    topic("broken", "(")
    figures = paper_figures()
    assert [(t.name, t.matches) for t in figures.topics] == [("Agents", 1), ("Broken", None)]
    assert attention()[-1] == "The query of the topic “Broken” is invalid."
    assert Topic.objects.count() == 2


def test_workers_without_heartbeat_are_told() -> None:
    assert list(silent_workers(NOW)) == []  # an installation without workers has none to miss
    Heartbeat.objects.beat("worker", NOW)
    assert list(silent_workers(NOW + timedelta(minutes=1))) == []
    (only,) = silent_workers(NOW + timedelta(minutes=10))
    assert only.what == "No worker has sent a heartbeat for 10\xa0minutes."
