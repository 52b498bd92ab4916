"""What holds for every test of the readers' side."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _own_mailbox(settings: Settings, tmp_path: Path) -> None:
    """Mails of one test are not seen by another."""
    settings.MAILBOX_DIR = tmp_path / "mailbox"
