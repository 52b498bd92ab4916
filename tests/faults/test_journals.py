"""Journals that are lost, torn, full, copied or of another boot or build: no mail is lost or sent twice."""

import random
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from subscriptions.lib import signed_links
from subscriptions.models import Delivery
from subscriptions.outbox.journal import records
from subscriptions.outbox.journal.records import Head
from tests.faults.accounts import settle
from tests.faults.conftest import Note
from tests.faults.scene import CONNECTIONS, Scene, leases_run_out
from tests.services.waiting import wait_until

pytestmark = pytest.mark.services

READERS = 120
State = Delivery.State


def crash(scene: Scene, mails: int) -> Path:
    """A sender is killed once so many more mails came; returns its journal."""
    before = len(scene.sink.mails)
    sender = scene.sender("--wait", OUTBOX_LEASE_SECONDS="300")
    scene.sink.wait_for(before + mails)
    assert sender.end(signal.SIGKILL) == -signal.SIGKILL
    (journal,) = scene.journals
    return journal


def begun() -> int:
    return Delivery.objects.filter(state=State.HANDING).count()


def with_head(path: Path, change: Callable[[Head], Head]) -> list[bytes]:
    """The lines of a journal, its first as changed."""
    name = path.name.removesuffix(".journal")
    lines = path.read_bytes().splitlines(keepends=True)
    head = records.read(name, b"".join(lines)).head
    assert head
    return [records.head(name, change(head)), *lines[1:]]


def rewrite(path: Path, content: bytes) -> None:
    """In place: it stays the same file."""
    with path.open("r+b") as file:
        file.truncate(0)
        file.write(content)


def another_boot(head: Head) -> Head:
    return Head(head.machine, "another boot", head.inode, head.build)


def another_format(head: Head) -> Head:
    return Head(head.machine, head.boot, head.inode, "0.1", format=records.FORMAT + 1)


def another_build(head: Head) -> Head:
    return Head(head.machine, head.boot, head.inode, "0.1")


@pytest.mark.parametrize("crashes", [3, pytest.param(20, marks=pytest.mark.faults)])
def test_a_power_loss_that_cuts_the_journal_anywhere_has_nothing_sent_twice(
    scene: Scene, note: Note, crashes: int
) -> None:
    chance = random.Random(crashes)
    scene.readers(READERS * crashes)
    scene.edition()
    scene.sink.pause = 0.02
    in_doubt = 0
    for _ in range(crashes):
        journal = crash(scene, 40)  # half a second of mail in doubt each time leaves enough for the others
        in_doubt += begun()
        lines = with_head(journal, another_boot)
        rewrite(journal, b"".join(lines)[: chance.randint(0, sum(map(len, lines)))])
    scene.send()
    assert not scene.journals
    scene.send_the_next_day()
    note("power loss, journal cut", crashes=crashes, **settle(scene, unknown=in_doubt).figures())


DAMAGE: dict[str, tuple[Callable[[Path], object], bool]] = {
    "torn": (lambda path: rewrite(path, path.read_bytes()[:-3]), False),
    "copied": (lambda path: path.with_suffix(".copy").write_bytes(path.read_bytes()), False),
    "of another format": (lambda path: rewrite(path, b"".join(with_head(path, another_format))), False),
    "of a build before": (lambda path: rewrite(path, b"".join(with_head(path, another_build))), True),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_journal_that_cannot_be_believed_has_nothing_sent_twice(
    scene: Scene, note: Note, damage: str
) -> None:
    do, believed = DAMAGE[damage]
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.02
    journal = crash(scene, 60)
    in_doubt = begun()
    do(journal)
    if damage == "copied":
        journal.with_suffix(".copy").replace(journal)
    scene.send()
    assert not scene.journals
    scene.send_the_next_day()
    found = settle(scene, unknown=CONNECTIONS if believed else in_doubt)
    note(f"journal {damage}", begun=in_doubt, **found.figures())


@pytest.mark.parametrize("lost", ["the journal", "the container's disk"])
def test_a_batch_whose_journal_is_lost_is_unknown_ten_minutes_after_its_lease(
    scene: Scene, note: Note, lost: str
) -> None:
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.02
    journal = crash(scene, 60)
    in_doubt = begun()
    directory = scene.elsewhere() if lost == "the container's disk" else scene.directory
    journal.unlink()
    assert scene.sender(DATA_DIR=str(directory)).process.wait(60) == 0
    assert begun() == in_doubt
    leases_run_out()
    scene.send(DATA_DIR=str(directory))
    assert Delivery.objects.filter(state=State.UNKNOWN).count() == in_doubt
    scene.send_the_next_day()
    note(f"{lost} lost", begun=in_doubt, **settle(scene, unknown=in_doubt).figures())


def test_a_reply_found_later_corrects_unknown_and_nothing_else(scene: Scene, note: Note) -> None:
    """Another machine had given the batch up; then the one that has the journal comes back."""
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.02
    crash(scene, 60)
    leases_run_out()
    scene.send(DATA_DIR=str(scene.elsewhere()))
    before = Delivery.objects.filter(state=State.UNKNOWN).count()
    mails = len(scene.sink.mails)
    scene.send()
    after = Delivery.objects.filter(state=State.UNKNOWN).count()
    assert after < before
    assert len(scene.sink.mails) == mails
    assert not Delivery.objects.exclude(state__in=["accepted", "unknown"]).exists()
    scene.send_the_next_day()
    note("journal found later", corrected=before - after, **settle(scene, unknown=after).figures())


@pytest.mark.parametrize("vendor", ["postgresql"])  # where a sender writes no other file
@pytest.mark.parametrize("killed", [False, True])
def test_a_journal_that_fills_its_disk_costs_no_mail(scene: Scene, note: Note, killed: bool) -> None:
    """The kernel refuses every write beyond a size, as it does beyond the end of a disk."""
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.02
    sender = scene.sender("--wait")
    scene.sink.wait_for(10)
    resource.prlimit(
        sender.process.pid, resource.RLIMIT_FSIZE, (scene.journals[0].stat().st_size + 1000,) * 2
    )
    if killed:
        scene.sink.wait_for(40)
        sender.end(signal.SIGKILL)
        leases_run_out()
        scene.send()
    else:
        assert sender.process.wait(120) == 0, sender.output
    scene.send_the_next_day()
    found = settle(scene, unknown=CONNECTIONS * killed)
    note("disk of the journal full", killed=int(killed), **found.figures())


def test_a_sender_leaves_the_journal_of_another_in_the_same_directory_alone(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.5
    one, other = scene.sender("--wait"), scene.sender("--wait")
    wait_until(lambda: len(scene.journals) == 2, 60, "both journals")
    scene.sink.pause = 0.05
    one.end(signal.SIGKILL)
    assert other.process.wait(120) == 0, other.output
    assert not scene.journals
    scene.send_the_next_day()
    note("two senders, one directory", kills=1, **settle(scene, unknown=CONNECTIONS).figures())


@pytest.mark.parametrize("seconds", [3, pytest.param(58, marks=pytest.mark.faults)])
def test_who_leaves_while_the_relay_is_stalled_gets_no_mail(scene: Scene, note: Note, seconds: int) -> None:
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.1
    sender = scene.sender("--wait", OUTBOX_LEASE_SECONDS="300")
    scene.sink.wait_for(20)
    scene.sink.pause = float(seconds)
    time.sleep(0.5)  # until each connection waits
    batch = Delivery.objects.filter(state=State.HANDING).order_by("-pk").select_related("subscriber")
    leaving = [delivery.subscriber for delivery in batch[:2]]
    assert len(batch) > CONNECTIONS + len(leaving)
    for reader in leaving:
        assert Client().post(f"/u/{signed_links.token('unsubscribe', reader)}/").status_code == 200
    left = {reader.email for reader in leaving}
    time.sleep(1)
    scene.sink.pause = 0.0
    assert sender.process.wait(120 + seconds) == 0, sender.output
    assert not [mail for mail in scene.sink.mails if mail.delivery and mail.recipient in left]
    assert (
        Delivery.objects.filter(kind=Delivery.DIGEST, subscriber__email__in=left, state="deferred").count()
        == 2
    )
    Delivery.objects.filter(state=State.DEFERRED).update(not_before=timezone.now())
    for reader in leaving:
        reader.refresh_from_db()
        reader.left_at = None  # too long ago to be undone
        reader.save()
    scene.send_the_next_day()
    note("relay stalled, readers left", seconds=seconds, **settle(scene, without=left).figures())
