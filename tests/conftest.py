"""What holds for every test: no network but loopback, the right database, the name of the pages."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import cache

pytest_plugins = ["tests.missing", "tests.services.fixtures"]

# A busy machine is no failure: no example has a deadline.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_ON_DATABASE = frozenset({"db", "transactional_db", "django_db_reset_sequences", "live_server"})


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Fail a test that connects to, or looks up, anything but this machine."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not _here(address[0]):
            self.close()
            raise AssertionError(f"a test connects to {address[0]}")
        connect(self, address)

    def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        assert not name or _is_address(name) or _here(name), f"a test looks up {name}"
        return look_up(host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        yield


def _here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@pytest.fixture(autouse=True)
def _pages_know_their_name() -> None:
    """As after the first page: the name at their head stands in the cache, and needs no database."""
    from digest.web.branding import NAME  # noqa: PLC0415  # models, once Django is set up

    cache.set(NAME, settings.SITE_NAME)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The directory of the real material; without TEST_DATA a test that asks for it is left out."""
    return Path(os.environ["TEST_DATA"]).absolute()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database than SQLite leave out what needs none."""
    if os.environ.get("TEST_DATABASE_URL"):
        keep = [item for item in items if item.get_closest_marker("services") or _uses_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in keep])
        items[:] = keep


def _uses_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not _ON_DATABASE.isdisjoint(fixtures)
