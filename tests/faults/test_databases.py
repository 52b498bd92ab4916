"""Databases that crash, are full or locked: a clear error, and nothing lost."""

import resource
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.faults.accounts import accounts, settle
from tests.faults.conftest import Note, staged
from tests.faults.databases import Databases
from tests.faults.scene import CONNECTIONS, Scene, leases_run_out
from tests.faults.sink import Sink
from tests.services.postgres import PostgresServer
from tests.services.processes import Service

pytestmark = pytest.mark.services

READERS = 90


def ends_with_one_line(sender: Service) -> bool:
    """Whether it failed; if it did, it said why in one line."""
    failed = sender.process.wait(120) != 0
    assert not failed or sender.output.startswith("The database "), sender.output
    assert sender.output.count("\n") == 1, sender.output
    return failed


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own. What it has committed survives its crash, if not the machine's."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as home:
        server = PostgresServer(Path(home), "synchronous_commit=on")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def scene_on_it(
    server: PostgresServer, sink: Sink, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> Iterator[Scene]:
    with django_db_blocker.unblock(), staged(Databases(tmp_path, server.url), sink) as scene:
        yield scene


@pytest.mark.parametrize("vendor", ["postgresql"])
@pytest.mark.parametrize("crashes", [1, pytest.param(10, marks=pytest.mark.faults)])
def test_a_database_that_crashes_knows_of_every_mail_that_went_out(
    server: PostgresServer, scene_on_it: Scene, note: Note, crashes: int
) -> None:
    scene, readers = scene_on_it, READERS * crashes
    scene.readers(readers)
    scene.edition()
    scene.sink.pause = 0.01
    failed = 0
    for crash in range(crashes):
        sender = scene.sender("--wait")
        scene.sink.wait_for(readers * (2 * crash + 1) // (2 * crashes))
        connection.close()
        server.stop(signal.SIGQUIT)
        time.sleep(1)
        server.start()
        failed += ends_with_one_line(sender)
        assert not accounts(scene).unannounced
    leases_run_out()
    scene.send()
    scene.send_the_next_day()
    found = settle(scene, unknown=crashes * CONNECTIONS)
    note("database stopped and restarted", crashes=crashes, **{"senders ended": failed}, **found.figures())


@pytest.mark.faults  # it is waited for the disk for a while
@pytest.mark.parametrize("vendor", ["sqlite"])
def test_a_full_disk_ends_the_sender_with_a_clear_error_and_loses_nothing(scene: Scene, note: Note) -> None:
    """The kernel refuses every write beyond a size, as it does beyond the end of a disk."""
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.01
    sender = scene.sender("--wait")
    scene.sink.wait_for(10)
    journal = Path(f"{Databases.file(scene.url)}-wal")
    resource.prlimit(sender.process.pid, resource.RLIMIT_FSIZE, (journal.stat().st_size + 4096,) * 2)
    assert ends_with_one_line(sender)
    leases_run_out()
    scene.send()
    scene.send_the_next_day()
    note("disk full", **settle(scene, unknown=CONNECTIONS).figures())


@pytest.mark.parametrize("vendor", ["sqlite"])
def test_a_locked_database_is_waited_for_or_ends_the_sender_and_loses_nothing(
    scene: Scene, note: Note
) -> None:
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.01
    patient = scene.sender("--wait")
    scene.sink.wait_for(10)
    hold_the_lock(scene, seconds=2)
    assert patient.process.poll() is None
    impatient = scene.sender("--wait", DATABASE_URL=f"{scene.url}?timeout=1")
    scene.sink.wait_for(20)
    hold_the_lock(scene, seconds=4)
    failed = ends_with_one_line(impatient)
    assert not ends_with_one_line(patient)
    leases_run_out()
    scene.send()
    scene.send_the_next_day()
    found = settle(scene, unknown=CONNECTIONS)
    note("SQLite locked", **{"senders ended": int(failed)}, **found.figures())


def hold_the_lock(scene: Scene, seconds: float) -> None:
    """As a long backup or an editor's forgotten transaction does."""
    with closing(sqlite3.connect(Databases.file(scene.url), timeout=10)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
