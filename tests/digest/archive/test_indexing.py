"""The search index grows by what changed, stays in few segments, and is read by word."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.archive import indexing, search
from digest.archive.segments import current
from digest.matching import parse_query
from digest.models import IndexBlock, IndexSegment, Paper
from tests.factories import DAY, edition, record

pytestmark = pytest.mark.django_db


def found(query: str) -> set[str]:
    return {Paper.objects.get(pk=pk).title for pk in search.find(parse_query(query)).papers}


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of two papers, merged by eight up to sixteen papers."""
    monkeypatch.setattr(indexing, "SIZE", 2)
    monkeypatch.setattr(indexing, "_LARGEST", 16)


def test_a_paper_that_changed_is_indexed_again_without_its_neighbours() -> None:
    edition(*(f"Agents {number}" for number in range(20)))
    indexing.refresh()
    paper = Paper.objects.get(title="Agents 7")
    paper.title = "Robots 7"
    paper.save()
    assert found("robots") == {"Robots 7"}
    assert sorted(IndexSegment.objects.values_list("count", flat=True)) == [1, 20]
    assert len(found("title:agents")) == 19


@pytest.mark.usefixtures("small_segments")
def test_small_segments_become_larger_ones_in_which_the_same_is_found() -> None:
    for day in range(17):
        edition(f"Agents of day {day}", f"Robots of day {day}", day=DAY + timedelta(days=day))
        indexing.refresh()
    assert len(current()) <= 8
    assert found("title:agents") == {f"Agents of day {day}" for day in range(17)}
    assert found('"robots of day 11"') == {"Robots of day 11"}
    assert found("robots day:2026-01-01") == set()


@pytest.mark.usefixtures("small_segments")
def test_a_paper_that_changed_is_found_once_after_its_segments_were_merged() -> None:
    edition(*(f"Agents {number}" for number in range(14)))
    for votes in range(10):
        paper = Paper.objects.get(title="Agents 3")
        paper.upvotes = votes
        paper.save()
        indexing.refresh()
    assert found("upvotes>=9") == {"Agents 3"}
    assert found("upvotes<9") == set()
    assert len(search.find(parse_query("agents")).papers) == 14


def test_a_change_that_was_stored_after_later_ones_is_indexed_by_the_next_refresh() -> None:
    edition("Agents", "Robots")
    Paper.objects.filter(title="Agents").update(updated_at=timezone.now() - timedelta(days=1))
    indexing.refresh()
    earlier = timezone.now() - timedelta(minutes=5)
    Paper.objects.filter(title="Agents").update(title="Zeppelins", updated_at=earlier)
    indexing.refresh()
    assert found("zeppelins") == {"Zeppelins"}


def test_what_a_merge_replaced_is_kept_for_its_readers_and_deleted_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(indexing, "SIZE", 2)
    edition(*(f"Agents {number}" for number in range(16)))
    indexing.refresh()
    assert IndexSegment.objects.exclude(replaced_at=None).count() == 8
    IndexSegment.objects.exclude(replaced_at=None).update(replaced_at=timezone.now() - timedelta(hours=1))
    indexing.refresh()
    assert IndexSegment.objects.count() == 1
    assert len(found("agents")) == 16


def test_a_search_reads_the_blocks_of_its_words_and_no_others() -> None:
    words = [f"{a}{b}{c}ology" for a in "bcdfgklm" for b in "aeiou" for c in "bcdfgklmnprst"]
    edition(*(record(f"Paper {n} {word}", " ".join(words[n : n + 40])) for n, word in enumerate(words)))
    indexing.refresh()
    blocks = IndexBlock.objects.count()
    assert blocks > 10
    with CaptureQueriesContext(connection) as asked:
        search.find(parse_query(words[100]))
    reads = [query["sql"] for query in asked if "digest_indexblock" in query["sql"]]
    assert len(reads) == 1
    assert "), (" not in reads[0].split("VALUES")[1]  # one block
