"""The same answers, in whatever order they are stored, say the same of every paper."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingestion.facts import FACTS
from digest.ingestion.store import store
from digest.models import Paper, Source
from digest.sources import ParsedAnswer, registry
from digest.sources.adapter import Adapter
from digest.sources.record_fields import build_record
from tests.factories import DAY, NOW, source

pytestmark = pytest.mark.django_db(transaction=True)
ARCHIVE, LIST = Adapter("archive", "Archive", (), authority=2), Adapter("list", "List", (), votes=True)
SOURCES = {"archive": ARCHIVE, "first-list": LIST, "second-list": LIST}
IDS: Sequence[dict[str, Any]] = (
    {"arxiv": "2511.00001"},
    {"doi": "10.1000/j.1"},
    {"arxiv": "2511.00001", "doi": "10.1000/j.1"},
    {"title": "A title alone"},
    {"arxiv": "2511.00002", "title": "A title alone"},
)
WORDS = st.sampled_from(["", "one", "two"])
records = st.fixed_dictionaries(
    {
        "of": st.sampled_from(sorted(SOURCES)),
        "ids": st.sampled_from(IDS),
        "abstract": WORDS,
        "organization": WORDS,
        "upvotes": st.sampled_from([None, 1, 5]),
    }
)


def tell(number: int, told: dict[str, Any]) -> None:
    """Store an answer with one record, given `number` hours after `NOW`."""
    values = {"title": f"Wording {number}"} | told["ids"]
    for name in ("abstract", "organization", "upvotes"):
        values[name] = told[name]
    listed = (build_record(DAY, **values),)
    later = NOW + timedelta(hours=number)
    store(ParsedAnswer(DAY, "records", listed, ()), source(told["of"]), NOW, fetched_at=later)


def rows(order: Sequence[tuple[int, dict[str, Any]]]) -> list[tuple[Any, ...]]:
    """All papers after these answers, by what they are known by and what is told of them; nothing is kept."""
    with transaction.atomic():
        for number, told in order:
            tell(number, told)
        found = [
            (
                paper.key,
                sorted({paper.key, *paper.keys.values_list("key", flat=True)} - {paper.title_key}),
                sorted(paper.source_names),
                *(getattr(paper, name) for name in FACTS),
            )
            for paper in Paper.objects.order_by("key")
        ]
        transaction.set_rollback(True)
    return found


@pytest.fixture
def _sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ADAPTERS", (*registry.ADAPTERS, ARCHIVE, LIST))
    for name, adapter in SOURCES.items():
        source(name, adapter=adapter.name)


@pytest.mark.usefixtures("_sources")
@settings(max_examples=25, deadline=None)
@given(st.lists(records, min_size=2, max_size=3))
def test_the_order_of_answers_does_not_matter(told: list[dict[str, Any]]) -> None:
    assert Source.objects.count() == len(SOURCES)
    answers = list(enumerate(told))
    expected = rows(answers)
    for order in permutations(answers):
        assert rows(order) == expected
