"""The same work under many keys is one paper, and stored papers that are found to be one are merged."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from digest.archive import queries
from digest.archive.search import find, visitors_query
from digest.ingestion.merging import followers
from digest.ingestion.store import Ingested, store
from digest.models import EditionEntry, MergedPaper, Paper, PaperKey, Release, Revision
from digest.models.revision import Revision as RevisionModel
from digest.sources import ParsedAnswer
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, source

pytestmark = pytest.mark.django_db

TITLE = "Sparse Adapters for Multi-modal Retrieval"
ADA, BEN = "Ada Example", "Ben Sample"


def listed(of: str, *papers: dict[str, Any], day: date = DAY, hours: int = 0) -> Ingested:
    """Store an answer of the source `of` that lists these papers, given so many hours after `NOW`."""
    records = tuple(build_record(day, **({"title": TITLE} | paper)) for paper in papers)
    moment = NOW + timedelta(hours=hours)
    return store(ParsedAnswer(day, "records", records, ()), source(of), moment)


def keys() -> set[str]:
    """The keys under which the one stored paper is known."""
    paper = Paper.objects.get()
    return {paper.key, *paper.keys.values_list("key", flat=True)}


ARXIV, PREPRINT, JOURNAL = "arxiv:2511.00001", "doi:10.1101/2025.11.01.1", "doi:10.1000/j.1"


def test_versions_of_an_arxiv_paper_and_its_arxiv_doi_are_one_paper() -> None:
    for number, version in enumerate(("2511.00001v1", "https://arxiv.org/abs/2511.00001v2", "2511.00001")):
        listed("arxiv", {"arxiv": version}, hours=number)
    listed("index", {"doi": "10.48550/arXiv.2511.00001", "title": "Another wording"}, hours=4)
    assert keys() == {ARXIV}


def test_a_paper_and_its_journal_version_are_one_where_a_source_names_both() -> None:
    listed("journal", {"doi": "10.1000/j.1", "title": "As printed"})
    listed("arxiv", {"arxiv": "2511.00001", "doi": "10.1000/j.1"}, hours=1)
    listed("biorxiv", {"doi": "10.1101/2025.11.01.1", "title": "First draft", "other_keys": [ARXIV]}, hours=2)
    assert Paper.objects.get().key == ARXIV
    assert keys() == {ARXIV, PREPRINT, JOURNAL}


def test_two_stored_papers_become_one_when_a_record_names_both() -> None:
    listed("biorxiv", {"doi": "10.1101/2025.11.01.1", "title": "First draft", "abstract": "By Ada."})
    first = Paper.objects.get()
    listed("journal", {"doi": "10.1000/j.1", "title": "As printed"}, day=DAY + timedelta(days=1), hours=24)
    second = Paper.objects.latest("pk")
    link = {"doi": "10.1000/j.1", "title": "As printed", "other_keys": [PREPRINT]}
    listed("index", link, day=DAY + timedelta(days=1), hours=25)
    paper = Paper.objects.get()
    assert (paper.pk, paper.release_id) == (first.pk, first.release_id)
    assert keys() == {PREPRINT, JOURNAL}
    assert paper.source_names == ("biorxiv", "journal", "index")
    assert (paper.abstract, EditionEntry.objects.filter(paper=paper).count()) == ("By Ada.", 3)
    assert Paper.objects.by_number([second.pk, first.pk]) == {second.pk: paper, first.pk: paper}


def test_pages_are_found_by_every_key_that_a_paper_has_had(client: Client) -> None:
    listed("paste", {})
    title = Paper.objects.get().key
    listed("journal", {"doi": "10.1000/j.1", "title": "As printed"}, hours=1)
    listed("index", {"doi": "10.1000/j.1", "other_keys": [ARXIV]}, hours=2)
    for key in (title, JOURNAL, ARXIV):
        assert queries.paper_by_key(key) == Paper.objects.get(), key
        assert client.get(f"/papers/{key}", follow=True).status_code == 200


def test_a_title_and_an_id_that_came_apart_are_one_when_the_titles_agree() -> None:
    listed("paste", {"title": "Sparse adapters for multi-modal retrieval"})
    listed("arxiv", {"arxiv": "2511.00001", "title": "A working title"}, hours=1)
    assert Paper.objects.count() == 2
    listed("arxiv", {"arxiv": "2511.00001"}, hours=2)
    assert Paper.objects.get().key == ARXIV


def test_two_arxiv_ids_are_two_papers_whatever_a_record_says() -> None:
    listed("arxiv", {"arxiv": "2511.00001", "author_names": [ADA]})
    listed("index", {"arxiv": "2511.00002", "author_names": [ADA], "other_keys": [ARXIV]}, hours=1)
    listed("journal", {"doi": "10.1000/j.1", "other_keys": [ARXIV, "arxiv:2511.00002"]}, hours=2)
    assert set(Paper.objects.values_list("key", flat=True)) == {ARXIV, "arxiv:2511.00002"}


@pytest.mark.parametrize(
    "other",
    [
        "Sparse adapters for multimodal retrieval",
        "SPARSE ADAPTERS FOR MULTI-MODAL RETRIEVAL.",
        "The sparse adapter for multi–modal retrieval",
    ],
)
def test_a_preprint_and_the_printed_paper_are_one_by_title_and_first_author(other: str) -> None:
    listed("arxiv", {"arxiv": "2511.00001", "author_names": [ADA, BEN], "published": DAY})
    printed = {"author_names": ["Example, A.", "Sample, B."], "published": DAY + timedelta(days=300)}
    listed("journal", {"doi": "10.1000/j.1", "title": other, **printed}, hours=1)
    assert keys() == {ARXIV, JOURNAL}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"doi": "10.1000/j.2", "author_names": [ADA]}, "one publisher gave both DOIs"),
        ({"doi": "10.2000/k.1", "author_names": [BEN]}, "another first author"),
        ({"doi": "10.2000/k.1"}, "no author is known"),
        ({"doi": "10.2000/k.1", "author_names": [ADA], "title": f"{TITLE} 2"}, "a sequel"),
        ({"doi": "10.2000/k.1", "author_names": [ADA], "published": date(2030, 1, 1)}, "a series"),
    ],
)
def test_likeness_is_not_enough_to_be_one(other: dict[str, Any], why: str) -> None:
    listed("journal", {"doi": "10.1000/j.1", "author_names": [ADA], "published": DAY})
    listed("other", other, hours=1)
    assert Paper.objects.count() == 2, why


def test_short_titles_tell_nothing() -> None:
    for number in (1, 2):
        listed("journal", {"doi": f"10.{number}000/j", "author_names": [ADA], "title": "Editorial"})
    assert Paper.objects.count() == 2


def test_a_title_without_id_is_not_that_of_other_authors() -> None:
    listed("arxiv", {"arxiv": "2511.00001", "author_names": [ADA]})
    listed("paste", {"author_names": [BEN]}, hours=1)
    assert Paper.objects.count() == 2


def test_what_readers_had_under_either_number_is_new_to_nobody_after_a_merger() -> None:
    listed("biorxiv", {"doi": "10.1101/2025.11.01.1", "title": "First draft"})
    listed("journal", {"doi": "10.1000/j.1", "title": "As printed"}, hours=1)
    newest = Release.objects.latest("pk").pk
    listed("index", {"doi": "10.1000/j.1", "title": "As printed", "other_keys": [PREPRINT]}, hours=2)
    later = EditionEntry.objects.filter(release__gt=newest)
    assert {entry.paper.release_id for entry in later} == {1 if newest == 2 else newest - 1}
    assert not Revision.objects.filter(paper__release__gt=newest).exists()


def test_every_model_that_refers_to_papers_follows_a_merger() -> None:
    following = {manager.model for manager in followers()}  # type: ignore[attr-defined]  # Django's managers
    refers = {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.many_to_one and field.related_model is Paper
    }
    by_merging, with_the_paper = {PaperKey, MergedPaper}, {RevisionModel}
    assert refers - by_merging - with_the_paper == following


def test_where_a_paper_came_from_is_shown_where_there_are_several_sources(client: Client) -> None:
    source("huggingface", title="Hugging Face")
    source("arxiv-cs-lg", title="arXiv cs.LG")
    listed("huggingface", {"arxiv": "2511.00001", "abstract": "On adapters."})
    assert "via " not in client.get(f"/papers/{ARXIV}/").content.decode()
    listed("arxiv-cs-lg", {"arxiv": "2511.00001"}, hours=1)
    assert "via Hugging Face, arXiv cs.LG" in client.get(f"/papers/{ARXIV}/").content.decode()
    for name in ("huggingface", "arxiv-cs-lg"):
        assert list(find(visitors_query(f"source:{name}")).papers) == [Paper.objects.get().pk]
