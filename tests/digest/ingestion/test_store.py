"""Editions grow, papers exist once, and each is released once."""

import json
from datetime import timedelta

import pytest

from digest import sources
from digest.ingestion import raw_answers, store
from digest.models import Edition, EditionEntry, Paper, Release, Revision
from digest.sources import ParsedAnswer, SourceChanged
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db


def test_an_edition_is_stored_with_its_papers_in_order() -> None:
    result = edition("First", "Second")
    assert (result.listed, result.added, result.new) == (2, 2, 2)
    assert [entry.paper.title for entry in result.editions[0].entries.all()] == ["First", "Second"]


def test_the_same_answer_again_changes_nothing() -> None:
    edition("First", "Second")
    again = edition("First", "Second")
    assert (again.added, again.new) == (0, 0)
    assert (Edition.objects.count(), Paper.objects.count(), Release.objects.count()) == (1, 2, 1)


def test_a_grown_edition_releases_only_what_is_new() -> None:
    edition("First")
    grown = edition("First", "Second")
    assert (grown.added, grown.new) == (1, 1)
    first, second = Paper.objects.order_by("pk")
    assert (second.release_id or 0) > (first.release_id or 0)


def test_a_shorter_answer_loses_nothing_that_is_stored() -> None:
    edition("First", "Second")
    edition("Second")
    assert EditionEntry.objects.count() == 2


def test_votes_rise_and_missing_facts_do_not_erase_known_ones() -> None:
    edition(record("First", upvotes=3, organization="ISTA", summary="One line."))
    edition(record("First", upvotes=9, organization=None))
    paper = Paper.objects.get()
    assert (paper.upvotes, paper.organization, paper.summary) == (9, "ISTA", "One line.")


def test_a_paper_on_two_days_exists_once_and_keeps_its_first_release() -> None:
    edition("First")
    later = edition("First", "Second", day=DAY + timedelta(days=1))
    assert (later.added, later.new) == (2, 1)
    assert list(Paper.objects.order_by("release_id").values_list("title", flat=True)) == ["First", "Second"]


def test_a_paper_first_known_by_its_title_gets_its_arxiv_id_when_that_comes() -> None:
    edition(record("Four Bits Are Enough"))
    edition(
        record("Four bits are enough", key="arxiv:2511.00001", url="https://huggingface.co/papers/2511.00001")
    )
    paper = Paper.objects.get()
    assert (paper.key, paper.url) == ("arxiv:2511.00001", "https://huggingface.co/papers/2511.00001")


def test_a_title_only_listing_of_a_known_paper_keeps_its_arxiv_id() -> None:
    edition(record("Four bits", key="arxiv:2511.00001"))
    edition(record("Four Bits"), day=DAY + timedelta(days=1))
    assert Paper.objects.get().key == "arxiv:2511.00001"


def test_different_papers_may_share_a_title() -> None:
    edition(record("A survey", key="arxiv:2511.00001"), record("A survey", key="arxiv:2511.00002"))
    assert Paper.objects.count() == 2


def test_both_names_of_a_paper_in_one_edition_are_one_paper() -> None:
    edition(record("Four bits"), record("Four bits", key="arxiv:2511.00001"))
    assert Paper.objects.count() == 1
    assert EditionEntry.objects.count() == 1


def test_what_cannot_be_read_leaves_what_is_stored_alone() -> None:
    edition("First")
    with pytest.raises(SourceChanged):
        store.ingest(b"<html>somebody else's page</html>", source(), NOW, DAY)
    assert Paper.objects.count() == 1


def lines(*titles: str) -> bytes:
    return "\n".join(json.dumps(record(title)) for title in titles).encode()


def test_what_is_ingested_is_kept_as_it_came_under_its_day() -> None:
    store.ingest(lines("First"), source(), NOW)
    (kept,) = raw_answers.answers(source(), DAY, DAY)
    assert (kept.day, kept.format, kept.parts) == (DAY, "records", (lines("First"),))


def test_an_answer_without_papers_is_no_edition_and_replaces_none() -> None:
    with pytest.raises(SourceChanged, match="lists no papers on 2025-11-05: nothing was stored"):
        store.ingest(b"[]", source(), NOW, DAY)
    assert not Edition.objects.exists()
    edition("First")
    with pytest.raises(SourceChanged, match="lists no papers"):
        store.ingest(b"[]", source(), NOW, DAY)
    assert Paper.objects.get().title == "First"


def test_papers_of_other_days_belong_to_the_editions_of_their_days() -> None:
    yesterday = DAY - timedelta(days=1)
    papers = (build_record(DAY, title="Of today"), build_record(yesterday, title="Of yesterday"))
    result = store.store(ParsedAnswer(DAY, "records", papers, ()), source(), NOW)
    assert [(one.day, one.papers.get().title) for one in result.editions] == [
        (yesterday, "Of yesterday"),
        (DAY, "Of today"),
    ]
    assert (result.listed, result.added, result.new) == (2, 2, 2)
    assert [release.edition for release in Release.objects.order_by("pk")] == list(result.editions)


def test_an_update_changes_a_known_paper_and_brings_no_other() -> None:
    edition(record("First", key="arxiv:2511.00001"))
    updates = tuple(
        build_record(DAY, title=title, arxiv=number, abstract="Anew.")
        for title, number in (("First, revised", "2511.00001"), ("Unknown", "2511.00002"))
    )
    result = store.store(ParsedAnswer(DAY, "records", (), (), updates), source(), NOW)
    assert (result.editions, result.listed, result.new, result.updated) == ((), 0, 0, 1)
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract) == ("First, revised", "Anew.")
    assert Revision.objects.get().before["title"] == "First"


def test_what_is_only_stored_is_released_by_the_first_edition_that_lists_it_with_a_release() -> None:
    parsed = sources.parse(lines("First"), today=DAY, day=DAY)
    stored = store.store(parsed, source(), NOW, release=False)
    assert (stored.added, stored.new) == (1, 1)
    assert not Release.objects.exists()
    store.store(parsed, source(), NOW, release=False)
    assert not Release.objects.exists()
    edition("First", "Second", day=DAY + timedelta(days=1))
    number = Release.objects.get()
    assert set(Paper.objects.values_list("release", flat=True)) == {number.pk}
    edition("First")
    assert EditionEntry.objects.filter(edition=stored.editions[0], release__gt=number.pk).count() == 1


def test_a_risen_vote_is_a_release_that_remembers_what_was_said_before() -> None:
    edition(record("First", upvotes=3), record("Second", upvotes=3))
    edition(record("First", upvotes=60), record("Second", upvotes=3))
    revision = Revision.objects.get()
    assert (revision.paper.title, revision.before) == ("First", {"upvotes": 3})
    assert revision.release_id > (revision.paper.release_id or 0)


def test_of_a_paper_that_came_out_long_ago_nothing_is_new_again() -> None:
    edition(record("First", upvotes=3))
    edition(record("First", upvotes=60), now=NOW + timedelta(days=181))
    assert Paper.objects.get().upvotes == 60
    assert (Release.objects.count(), Revision.objects.count()) == (1, 0)
