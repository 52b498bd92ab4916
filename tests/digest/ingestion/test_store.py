"""Editions grow, papers exist once, and each is released once."""

import json
import zlib
from datetime import timedelta

import pytest

from digest import sources
from digest.ingestion import store
from digest.models import Edition, EditionEntry, Paper, Release, Revision
from digest.sources import ParsedAnswer, SourceChanged, registry
from digest.sources.adapter import Adapter, Format
from digest.sources.jsonl import JSON_LINES
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db


def test_an_edition_is_stored_with_its_papers_in_order() -> None:
    result = edition("First", "Second")
    assert (result.listed, result.added, result.new) == (2, 2, 2)
    assert [entry.paper.title for entry in result.edition.entries.all()] == ["First", "Second"]


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


def test_the_raw_answer_is_kept_and_can_be_read_again() -> None:
    stored = edition("First", "Second").edition
    Paper.objects.all().delete()
    assert b"Second" in zlib.decompress(stored.raw)
    assert store.reparse(stored, NOW).new == 2


def test_an_answer_without_papers_is_no_edition_and_replaces_none() -> None:
    with pytest.raises(SourceChanged, match="lists no papers on 2025-11-05: nothing was stored"):
        store.ingest(b"[]", source(), NOW, DAY)
    assert not Edition.objects.exists()
    kept = bytes(edition("First").edition.raw)
    with pytest.raises(SourceChanged, match="lists no papers"):
        store.ingest(b"[]", source(), NOW, DAY)
    assert bytes(Edition.objects.get().raw) == kept


def test_of_two_answers_for_a_day_the_fuller_is_kept() -> None:
    later = NOW + timedelta(hours=1)
    edition("First", "Second")
    edition("First", now=later)
    stored = Edition.objects.get()
    assert b"Second" in zlib.decompress(stored.raw)
    assert stored.fetched_at == NOW
    edition("First", "Second", "Third", now=later)
    stored = Edition.objects.get()
    assert b"Third" in zlib.decompress(stored.raw)
    assert stored.fetched_at == later


def test_reading_the_kept_answer_again_is_no_fetch() -> None:
    stored = edition("First").edition
    store.reparse(stored, NOW + timedelta(days=3))
    assert Edition.objects.get().fetched_at == NOW


def adapter_that_reads_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new version's adapter, asked first, that takes any bytes for ten papers of its own."""
    papers = [build_record(DAY, title=f"Mistaken {number}") for number in range(10)]
    form = Format("anything", lambda _raw: True, lambda *_: ParsedAnswer(DAY, "anything", tuple(papers), ()))
    monkeypatch.setattr(registry, "ADAPTERS", (Adapter("any", "Anything", (form,)), *registry.ADAPTERS))


def test_a_stored_answer_is_read_again_in_its_own_format_only(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = edition("First").edition
    answer = "\n".join(json.dumps(record(title)) for title in ("First", "Second")).encode()
    grown = sources.parse(answer, today=DAY)
    adapter_that_reads_anything(monkeypatch)
    assert store.reparse(stored, NOW).listed == 1
    store.store(grown, answer, source(), NOW)
    shorter = sources.parse(answer.partition(b"\n")[0], today=DAY, adapter=JSON_LINES)
    store.store(shorter, b"shorter", source(), NOW)
    assert set(Paper.objects.values_list("title", flat=True)) == {"First", "Second"}
    assert b"Second" in zlib.decompress(Edition.objects.get().raw)
    assert Edition.objects.get().format == "records"


def test_a_stored_answer_whose_format_this_version_lacks_gives_way_to_the_next() -> None:
    stored = edition("First", "Second").edition
    Edition.objects.update(format="of-a-later-version")
    stored.refresh_from_db()
    with pytest.raises(SourceChanged, match="a format of this version, found “of-a-later-version”"):
        store.reparse(stored, NOW)
    edition("First")
    assert Edition.objects.get().format == "records"


def test_what_is_only_stored_is_released_by_the_first_edition_that_lists_it_with_a_release() -> None:
    lines = json.dumps(record("First")).encode()
    parsed = sources.parse(lines, today=DAY, day=DAY)
    stored = store.store(parsed, lines, source(), NOW, release=False)
    assert (stored.added, stored.new) == (1, 1)
    assert not Release.objects.exists()
    store.reparse(stored.edition, NOW)
    assert not Release.objects.exists()
    edition("First", "Second", day=DAY + timedelta(days=1))
    number = Release.objects.get()
    assert set(Paper.objects.values_list("release", flat=True)) == {number.pk}
    edition("First")
    assert EditionEntry.objects.filter(edition=stored.edition, release__gt=number.pk).count() == 1


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
