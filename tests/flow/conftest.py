"""For the stories about an upgrade: an empty database, to be filled as the version before did."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.databases import models_on
from tests.services.postgres import create_database


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """An empty database of the vendor that the tests run on; the models of this process work there."""
    config = connection.settings_dict
    url = f"sqlite:///{tmp_path / 'upgraded.sqlite3'}"
    if connection.vendor == "postgresql":
        server = f"postgres://{config['USER']}@{config['HOST']}:{config['PORT']}"
        url = create_database(server, f"upgraded_{uuid.uuid4().hex[:12]}")
    with models_on(url):
        yield url
