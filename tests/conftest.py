"""What holds for every test: no network but loopback, real material only where it is, the right database."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter
from django.conf import settings
from django.core.cache import cache

pytest_plugins = ["tests.services.fixtures"]

_ON_DATABASE = frozenset({"db", "transactional_db", "django_db_reset_sequences", "live_server"})
_left_out = pytest.StashKey[int]()


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
    """The directory of the real material; a test that asks for it carries the marker `realdata`."""
    return Path(os.environ["TEST_DATA"]).absolute()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without TEST_DATA leave out the real material; on another database than SQLite what needs none."""
    keep = [item for item in items if os.environ.get("TEST_DATA") or not item.get_closest_marker("realdata")]
    config.stash[_left_out] = len(items) - len(keep)
    if os.environ.get("TEST_DATABASE_URL"):
        keep = [item for item in keep if item.get_closest_marker("services") or _uses_database(item)]
    if len(keep) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in keep])
        items[:] = keep


def _uses_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not _ON_DATABASE.isdisjoint(fixtures)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Under pytest-xdist, tell the one process that prints."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_left_out, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker collects everything, so any one's count is the count."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    if count := config.stash.get(_left_out, 0):
        terminalreporter.write_line(f"{count} tests on real material deselected: set TEST_DATA to run them")
