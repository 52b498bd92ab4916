"""Where the pages that were written for the source tests are."""

from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pages"


@pytest.fixture
def pages() -> Path:
    """Small pages of invented papers, one in each structure."""
    return FIXTURES
