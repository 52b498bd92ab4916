"""Senders with and without a journal."""

from pathlib import Path

import pytest
from pytest_django import Settings

NO_PLACE = "/dev/null/outbox"  # where nothing can be written


@pytest.fixture
def with_journal(settings: Settings, tmp_path: Path) -> Path:
    """Where senders of this test keep their journals."""
    settings.OUTBOX_JOURNALS = tmp_path / "outbox"
    return tmp_path / "outbox"


@pytest.fixture(params=["journal", "no journal"])
def either_way(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> bool:
    """Whether senders keep a journal: tried both ways."""
    kept: bool = request.param == "journal"
    settings.OUTBOX_JOURNALS = tmp_path / "outbox" if kept else NO_PLACE
    return kept
