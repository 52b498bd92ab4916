"""Papers of several sources at the same moment, on PostgreSQL (SQLite has one writer at a time)."""

import json
import threading
from typing import Any

import pytest
from django.db import connection

from digest.ingestion import raw_answers
from digest.ingestion.store import ingest
from digest.models import EditionEntry, newest_release
from tests.factories import DAY, NOW, record, source

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_papers_brought_by_hand_while_another_source_releases_its_own_are_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source("first")
    second = source("second")
    keep = raw_answers.keep
    others: list[threading.Thread] = []
    released: list[int] = []

    def keep_while_others_store(*arguments: Any) -> None:
        keep(*arguments)
        other = threading.Thread(target=release_something)
        other.start()
        others.append(other)
        other.join(1)

    def release_something() -> None:
        released.append(newest_release())
        connection.close()

    monkeypatch.setattr(raw_answers, "keep", keep_while_others_store)
    ingest(json.dumps(record("Agents")).encode(), second, NOW, DAY)
    others[0].join(10)
    assert released
    assert EditionEntry.objects.filter(edition__source=second).count() == 1
