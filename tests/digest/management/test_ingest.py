"""`manage.py ingest`: what an operator and a script see."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from digest.ingestion import fetchers
from digest.ingestion.fetchers import fetchable
from digest.models import Edition, Paper, RawAnswer, Source
from digest.sources.jsonl import JSON_LINES
from subscriptions.devtools.demo_data import SAMPLE
from tests.factories import DAY, edition, source

KEYS = "key title abstract authors organization published comments upvotes url day".split()
OTHER_SITE = (
    b"<!DOCTYPE html><html><head><title>News</title></head><body><article><h3>x</h3></article></body></html>"
)


def ingest(*arguments: str, **options: Any) -> tuple[list[dict[str, Any]], str]:
    """The papers it printed, and what else it said."""
    out, err = io.StringIO(), io.StringIO()
    call_command("ingest", *arguments, stdout=out, stderr=err, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def test_a_dry_run_prints_one_object_per_paper_and_needs_no_database(tmp_path: Path) -> None:
    """No django_db mark here: a query would fail the test."""
    papers, said = ingest(str(SAMPLE), dry_run=True, json=True)
    assert len(papers) == 44
    assert list(papers[0]) == KEYS
    assert papers[0]["day"] == "2025-11-05"
    assert "44 papers (records), 0 rejected" in said


@pytest.mark.django_db
def test_a_file_is_stored_and_released() -> None:
    out = io.StringIO()
    call_command("ingest", str(SAMPLE), stdout=out)
    assert "44 papers (records), 0 rejected, 44 added, 44 of them new" in out.getvalue()
    assert Paper.objects.count() == 44
    assert Edition.objects.get().source.name == "records"


@pytest.mark.django_db
def test_papers_as_json_lines_go_on_in_the_source_that_earlier_versions_stored() -> None:
    stored = source("records", title="Imported records", adapter="none")
    ingest(str(SAMPLE), json=True)
    assert Edition.objects.get().source == stored
    assert Source.objects.standard(JSON_LINES) == stored
    assert not fetchable().exists()


@pytest.mark.django_db
def test_what_a_dry_run_prints_can_be_ingested_elsewhere(tmp_path: Path) -> None:
    papers, _ = ingest(str(SAMPLE), dry_run=True, json=True)
    copy = tmp_path / "copy.jsonl"
    copy.write_text("\n".join(json.dumps(paper) for paper in papers))
    ingest(str(copy), json=True)
    assert set(Paper.objects.values_list("key", flat=True)) == {paper["key"] for paper in papers}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "found"),
        (b"lorem ipsum", "found"),
        (OTHER_SITE, "found"),
        (SAMPLE.read_bytes()[:-40], "found"),
        (b"[" * 100_000, "found"),
        (b" " * 50_000_000, "at most 10 MB"),
    ],
    ids=["empty", "binary", "garbage", "another site", "truncated", "nested", "50 MB"],
)
def test_bad_input_is_one_clear_error_and_stores_nothing(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    edition("Already there")
    file = tmp_path / "page"
    file.write_bytes(content)
    with pytest.raises(CommandError, match=expected) as caught:
        ingest(str(file))
    assert "\n" not in str(caught.value)
    assert "xpected" in str(caught.value)
    assert [paper.title for paper in Paper.objects.all()] == ["Already there"]


@pytest.mark.django_db
def test_a_page_of_another_day_is_refused() -> None:
    with pytest.raises(CommandError, match="2025-11-05"):
        ingest(str(SAMPLE), date=DAY.replace(day=6))
    assert not Paper.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["no-such-file", "somewhere/else.html", "arxiv"])
def test_what_is_nothing_is_said_so(what: str) -> None:
    with pytest.raises(CommandError, match="neither a file, a URL"):
        ingest(what)


LISTED = json.dumps([{"paper": {"title": "Fetched", "submittedOnDailyAt": str(DAY)}}]).encode()


def test_hugging_face_can_be_looked_at_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """No django_db mark here: a query would fail the test."""
    monkeypatch.setattr(fetchers, "get", lambda url, headers=None, **_: LISTED)
    papers, _ = ingest("huggingface", date=DAY, dry_run=True, json=True)
    assert [paper["title"] for paper in papers] == ["Fetched"]


@pytest.mark.django_db
def test_a_source_is_known_by_the_name_the_operator_gave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetchers, "get", lambda url, headers=None, **_: LISTED)
    source("mirror", adapter="huggingface")
    ingest("mirror", date=DAY, json=True)
    assert Edition.objects.get().source.name == "mirror"
    assert RawAnswer.objects.get().day == DAY


@pytest.mark.django_db
def test_a_source_fed_by_hand_cannot_be_fetched() -> None:
    source("records", adapter=JSON_LINES.name)
    with pytest.raises(CommandError, match="“records” is fed by hand: name a file"):
        ingest("records")


@pytest.mark.django_db
def test_an_answer_without_papers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text("[]")
    with pytest.raises(CommandError, match="lists no papers on 2025-11-05: nothing was stored"):
        ingest(str(tmp_path / "answer.json"), date=DAY)
    assert not Edition.objects.exists()


def test_a_failure_ends_with_an_exit_code_and_no_traceback(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "ingest", "-", "--dry-run"], input=b"", capture_output=True, check=False
    )
    assert result.returncode != 0
    assert result.stderr.count(b"\n") == 1
    assert b"Traceback" not in result.stderr


@pytest.mark.django_db
def test_the_same_papers_from_text_and_api_are_stored_once(test_data: Path) -> None:
    ingest(str(test_data / "huggingface/text/daily-papers-page.txt"), date=DAY, json=True)
    assert Paper.objects.count() == 115
    ingest(str(SAMPLE), json=True)
    assert Paper.objects.count() == 115
    assert Paper.objects.filter(key__startswith="arxiv:").count() == 29
