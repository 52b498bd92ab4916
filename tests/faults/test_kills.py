"""Senders that crash, stop and wake: nothing is lost and nothing is sent twice."""

import random
import signal
import time
from typing import get_args

import pytest

from subscriptions.lib import failpoints
from subscriptions.models import Delivery, Subscriber
from tests.faults.accounts import settle
from tests.faults.conftest import IN_SHORT_ON_BOTH, Note
from tests.faults.scene import CONNECTIONS, LEASE, Scene, leases_run_out, states
from tests.services.processes import Service
from tests.services.waiting import wait_until

pytestmark = pytest.mark.services

# The states that a crash at each step may leave without a journal, and whether the relay has the mail. Before
# end of data it has nothing, so `handing` may be committed by then or not.
LEFT = {
    "claimed": ({"leased"}, 0),
    "composed": ({"leased"}, 0),
    "envelope sent": ({"leased", "handing"}, 0),
    "message sent": ({"leased", "handing"}, 0),
    "handing committed": ({"handing"}, 0),
    "end of data sent": ({"handing"}, 1),
    "reply read": ({"handing"}, 1),
    "reply kept": ({"handing"}, 1),
    "recorded": ({"accepted"}, 1),
}
BECOMES = {"leased": "accepted", "handing": "unknown", "accepted": "accepted"}
# And what becomes of it by the journal. The database has `handing` from the claim to the record.
BY_JOURNAL = dict.fromkeys(LEFT, "accepted") | dict.fromkeys(
    ("handing committed", "end of data sent", "reply read"), "unknown"
)


@IN_SHORT_ON_BOTH
@pytest.mark.parametrize("journal", [True, False])
def test_a_crash_at_each_step_leaves_the_state_of_that_step(scene: Scene, note: Note, journal: bool) -> None:
    assert set(LEFT) == set(get_args(failpoints.Step))
    if not journal:
        scene.keep_no_journals()
    scene.readers(len(LEFT))
    scene.edition()
    first = Subscriber.objects.order_by("pk")[0].pk
    Subscriber.objects.exclude(pk=first).update(next_digest_at=None)
    expected = []
    for number, (step, (left, at_the_relay)) in enumerate(LEFT.items()):  # one mail each, so one connection
        Subscriber.objects.filter(pk=first + number).update(next_digest_at=scene.now)
        before = len(scene.sink.mails)
        sender = scene.sender(FAILPOINT=step, OUTBOX_LEASE_SECONDS="300")
        assert sender.process.wait(60) == failpoints.EXIT, sender.output
        if at_the_relay:
            scene.sink.wait_for(before + 1)
        state = states()[str(number)]
        assert len(scene.sink.mails) - before == at_the_relay, step
        if journal:
            assert state == ("accepted" if step == "recorded" else "handing"), step
            assert len(scene.journals) == 1, step
            scene.next_sender_settles()
            expected.append(BY_JOURNAL[step])
        else:
            assert state in left, step
            expected.append(BECOMES[state])
    leases_run_out()
    scene.send()
    assert [states()[str(number)] for number in range(len(LEFT))] == expected
    assert not scene.journals
    scene.send_the_next_day()
    found = settle(scene, unknown=expected.count("unknown"))
    note(f"exit at each named step{'' if journal else ', no journal'}", steps=len(LEFT), **found.figures())


@IN_SHORT_ON_BOTH
@pytest.mark.parametrize(
    ("readers", "kills", "journal"),
    [
        (300, 10, True),
        pytest.param(300, 10, False, marks=pytest.mark.faults),
        pytest.param(10_000, 200, True, marks=pytest.mark.faults),
    ],
)
def test_senders_killed_at_random_lose_nothing_and_send_nothing_twice(
    scene: Scene, note: Note, readers: int, kills: int, journal: bool
) -> None:
    if not journal:
        scene.keep_no_journals()
    chance = random.Random(20251105 + kills)
    scene.readers(readers)
    scene.edition()
    scene.sink.pause = 0.002
    crew = [scene.sender("--wait") for _ in range(3)]
    killed = 0
    while killed < kills:
        come = readers * 0.9 * (killed + chance.random()) / kills
        oldest = crew.pop(0)
        progress(scene, come, oldest)
        time.sleep(chance.random() / 50)
        if oldest.process.poll() is None:
            oldest.end(signal.SIGKILL)
            killed += 1
        assert oldest.process.returncode in {0, -signal.SIGKILL}, oldest.output
        crew.append(scene.sender("--wait"))
    for sender in crew:
        assert sender.process.wait(300) == 0, sender.output
    scene.send()
    scene.send_the_next_day()
    found = settle(scene, unknown=killed * CONNECTIONS)
    note(
        f"SIGKILL of senders at random{'' if journal else ', no journal'}",
        kills=killed,
        **found.figures(),
    )


def progress(scene: Scene, mails: float, sender: Service) -> None:
    """Return when more than so many mails came, or `sender` has ended."""
    ended = sender.process.poll
    wait_until(lambda: len(scene.sink.mails) > mails or ended() is not None, 120, "progress")


@pytest.mark.parametrize(
    ("readers", "restarts"), [(100, 3), pytest.param(1000, 20, marks=pytest.mark.faults)]
)
def test_rolling_restarts_leave_nothing_unknown(
    scene: Scene, note: Note, readers: int, restarts: int
) -> None:
    scene.readers(readers)
    scene.edition()
    scene.sink.pause = 0.02
    old = scene.sender("--wait")
    scene.sink.wait_for(1)
    for number in range(restarts):
        new = scene.sender("--wait")
        scene.sink.wait_for(readers * (number + 1) // (restarts + 1))
        # One that has yet to begin is ended where it stands: it has taken nothing.
        assert old.end(signal.SIGTERM) in {0, -signal.SIGTERM}, old.output
        old = new
    assert old.process.wait(120) == 0, old.output
    assert not Delivery.objects.exclude(state="accepted").exists()
    scene.send_the_next_day()
    note("rolling restarts", restarts=restarts, **settle(scene).figures())


@pytest.mark.parametrize("second", ["on the same machine", "on another machine", "without a journal"])
def test_a_stale_sender_that_wakes_sends_and_records_nothing_that_was_taken_over(
    scene: Scene, note: Note, second: str
) -> None:
    if second == "without a journal":
        scene.keep_no_journals()
    scene.readers(200)
    scene.edition()
    scene.sink.pause = 0.05
    stale = scene.sender("--wait")
    scene.sink.wait_for(20)
    scene.freeze(stale)
    held = Delivery.objects.filter(state__in=Delivery.CLAIMED).exclude(worker="").count()
    time.sleep(LEASE + 1)
    scene.sink.pause = 0
    if second == "on the same machine":  # it sends the others, and leaves these to the sender that may wake
        assert scene.sender().process.wait(60) == 0
        assert Delivery.objects.filter(state="handing").count() == held
        unknown = CONNECTIONS
    elif second == "on another machine":
        leases_run_out()
        scene.send(DATA_DIR=str(scene.elsewhere()))
        assert not Delivery.objects.exclude(state__in=["accepted", "unknown"]).exists()
        unknown = held
    else:
        scene.send()
        assert not Delivery.objects.exclude(state__in=["accepted", "unknown"]).exists()
        unknown = CONNECTIONS
    before = len(scene.sink.mails)
    stale.process.send_signal(signal.SIGCONT)
    assert stale.process.wait(60) == 0, stale.output
    if second != "on the same machine":
        assert len(scene.sink.mails) - before <= CONNECTIONS  # what it had in flight when it was stopped
    assert not scene.journals
    scene.send_the_next_day()
    found = settle(scene, unknown=unknown)
    note(f"stale worker wakes, another {second}", **{"leases taken over": held}, **found.figures())
