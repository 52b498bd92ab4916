"""Fixtures of the fault table: a scene on each database, and a place for its figures."""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults import report
from tests.faults.databases import Databases, models_on
from tests.faults.scene import Scene, short_directory
from tests.faults.sink import Sink

Note = Callable[..., None]


@pytest.fixture(scope="session")
def _databases(django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Databases]]:
    """The databases by vendor, made when first needed."""
    directory = short_directory()
    with django_db_blocker.unblock():
        yield {"sqlite": Databases(directory, None)}
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def databases(
    vendor: str, _databases: dict[str, Databases], request: pytest.FixtureRequest
) -> Databases:
    if vendor not in _databases:
        server_url = request.getfixturevalue("postgres_server_url")
        _databases[vendor] = Databases(short_directory(), server_url)
    return _databases[vendor]


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def scene(
    databases: Databases, sink: Sink, django_db_blocker: DjangoDbBlocker
) -> Iterator[Scene]:
    """A fresh database that this process's models work on, a sink, and nobody in either."""
    url, directory = databases.fresh(), short_directory()
    with django_db_blocker.unblock(), models_on(url):
        scene = Scene(url, sink, directory)
        yield scene
        scene.clear()
    databases.drop(url)
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def note(vendor: str) -> Note:
    """Write down what a row found: `note("row", lost=0, …)`."""
    began = time.monotonic()

    def write(row: str, **figures: Any) -> None:
        report.note(row, vendor, time.monotonic() - began, figures)

    return write
