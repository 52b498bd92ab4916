"""Fixtures of the fault table: a scene on each database, and a place for its figures."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.faults import report
from tests.faults.databases import Databases, models_on
from tests.faults.scene import Scene, short_directory
from tests.faults.sink import Sink

Note = Callable[..., None]


IN_SHORT_ON_BOTH = pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.faults), "postgresql"])
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def _made(django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Databases]]:
    """The databases by vendor, made when first needed."""
    made: dict[str, Databases] = {}
    with django_db_blocker.unblock():
        yield made
    for databases in made.values():
        shutil.rmtree(databases.home, ignore_errors=True)


@pytest.fixture
def databases(vendor: str, _made: dict[str, Databases], request: pytest.FixtureRequest) -> Databases:
    if vendor not in _made:
        server_url = request.getfixturevalue("postgres_server_url") if vendor == "postgresql" else None
        _made[vendor] = Databases(short_directory(), server_url)
    return _made[vendor]


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def scene(databases: Databases, sink: Sink, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """A fresh database that this process's models work on, a sink, and nobody in either."""
    with django_db_blocker.unblock(), staged(databases, sink) as scene:
        yield scene


@contextmanager
def staged(databases: Databases, sink: Sink) -> Iterator[Scene]:
    url, directory = databases.fresh(), short_directory()
    with models_on(url):
        scene = Scene(url, sink, directory)
        try:
            yield scene
        finally:
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
