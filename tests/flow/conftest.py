"""What several stories begin with: a site whose mails stay here; for upgrades, an empty database."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

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


@pytest.fixture
def mailing_site(live_server: LiveServer, settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The address of a running site whose mails stay in a local mailbox."""
    settings.SITE_URL = live_server.url
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    cache.clear()
    yield live_server.url
    cache.clear()
