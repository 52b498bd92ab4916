"""All real answers that there are: twice is as once, and no paper is taken for another."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import sources
from digest.ingestion.store import store
from digest.models import Edition, EditionEntry, MergedPaper, Paper, PaperKey, Release, Revision
from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable
from digest.sources.record_fields import build_record
from tests.factories import NOW, source

pytestmark = pytest.mark.django_db


def answers(folder: Path) -> Iterator[tuple[str, ParsedAnswer]]:
    """What each file of the material lists, by the name of a source of its format; others list nothing."""
    for file in sorted(
        path for name in ("huggingface", "formats", "feeds") for path in (folder / name).rglob("*")
    ):
        if file.is_file() and file.name != "README.md":
            try:
                parsed = sources.parse(file.read_bytes(), today=NOW.date())
            except (SourceChanged, SourceUnavailable):
                continue
            if parsed.papers or parsed.updates:
                yield parsed.format, parsed


def rows() -> dict[str, list[dict[str, Any]]]:
    """All that is stored."""
    models: tuple[Any, ...] = (Edition, EditionEntry, Paper, PaperKey, MergedPaper, Release, Revision)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_every_file_ingested_twice_gives_the_same_rows_as_once(test_data: Path) -> None:
    listed = list(answers(test_data))
    assert len(listed) >= 66  # 63 answers of the API, two pages, and a page as text
    counts = []
    for _ in range(2):
        for hours, (form, parsed) in enumerate(listed):
            given = NOW + timedelta(hours=hours)
            counts.append(store(parsed, source(form), given, fetched_at=given).added)
        if len(counts) == len(listed):
            once = rows()
    assert sum(counts[len(listed) :]) == 0
    assert rows() == once


def test_the_corpus_holds_one_paper_twice_and_no_other_is_taken_for_another(test_data: Path) -> None:
    with gzip.open(test_data / "corpus" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        entries = list(map(json.loads, lines))
    months: dict[str, list[Any]] = {}
    for one in entries:
        day = date.fromisoformat(one["day"])
        record = build_record(day, title=one["title"], abstract=one["abstract"], arxiv=one["id"])
        months.setdefault(one["day"][:7], []).append(record)
    for _, records in sorted(months.items()):
        newest = max(record.day for record in records)
        store(ParsedAnswer(newest, "records", tuple(records), ()), source(), NOW, release=False)
    assert (len(entries), Paper.objects.count()) == (7_918, 7_917)
    twice = [key for key, number in Counter(entry["id"] for entry in entries).items() if number > 1]
    assert [EditionEntry.objects.filter(paper__key=f"arxiv:{key}").count() for key in twice] == [2]
    assert EditionEntry.objects.count() == 7_918
    assert not PaperKey.objects.exists()
