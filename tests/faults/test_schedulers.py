"""Schedulers that are several, late, stopped or wrong about the time: one digest per reader and day."""

import signal
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from subscriptions.models import Delivery
from subscriptions.models.schedule import Schedule, due_at
from tests.faults import report
from tests.faults.accounts import settle
from tests.faults.conftest import Note
from tests.faults.scene import CONNECTIONS, Scene
from tests.services.processes import Service

READERS = 60


def all_end(*senders: Service) -> None:
    for sender in senders:
        assert sender.process.wait(120) == 0, sender.output


@pytest.mark.services
def test_several_schedulers_and_one_that_stood_still_for_days_bring_one_digest_each(
    scene: Scene, note: Note
) -> None:
    scene.readers(READERS)
    scene.edition()
    all_end(*(scene.sender("--wait") for _ in range(3)))
    assert len(scene.sink.mails) == Delivery.objects.count() == READERS
    for _ in range(3):  # three days and some hours in which nobody planned anything
        scene.next_day()
        scene.edition()
    scene.now += timedelta(hours=5)
    stopped = scene.sender("--wait")
    time.sleep(1)  # about when it begins to plan
    scene.freeze(stopped)
    other = scene.sender("--wait")
    time.sleep(3)
    stopped.process.send_signal(signal.SIGCONT)
    all_end(stopped, other)
    assert set(Counter(mail.recipient for mail in scene.sink.mails).values()) == {2}
    scene.send_the_next_day()
    found = settle(scene, unknown=CONNECTIONS)  # it may have been stopped in the middle of a mail
    note("two schedulers; stopped for hours", schedulers=3, **{"days missed": 3}, **found.figures())


@pytest.mark.services
def test_clocks_an_hour_wrong_bring_one_digest_per_local_day(scene: Scene, note: Note) -> None:
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.02
    wrong = {"DJANGO_SETTINGS_MODULE": "tests.faults.skewed", "OUTBOX_LEASE_SECONDS": "300"}
    fast, slow = {**wrong, "CLOCK_OFFSET": "3600"}, {**wrong, "CLOCK_OFFSET": "-3600"}
    all_end(scene.sender("--wait", **fast), scene.sender("--wait", **slow))
    all_end(scene.command("send_digests", **fast))  # plans by its own clock, too
    all_end(scene.command("send_digests", **slow))
    assert set(Counter(mail.recipient for mail in scene.sink.mails).values()) == {1}
    scene.send_the_next_day()
    note("clocks one hour fast and slow", **settle(scene, unknown=READERS).figures())


@pytest.mark.faults
def test_every_zone_has_one_digest_a_day_through_a_leap_year() -> None:
    began = time.monotonic()
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    for zone in zones:
        for hour in (0, 1, 2, 3, 7, 23):
            schedule = Schedule(zone, hour)
            moment = datetime(2028, 1, 1, 12, tzinfo=UTC)
            days, apart = [], set()
            for _ in range(370):
                before, moment = moment, due_at(schedule, after=moment)
                days.append(moment.astimezone(ZoneInfo(zone)).date())
                apart.add(moment - before if len(days) > 1 else timedelta(days=1))
            # An hour before midnight that clocks skip is made up for at midnight: the next day already.
            assert timedelta(hours=22) <= min(apart) <= max(apart) <= timedelta(hours=26), (zone, hour)
            assert days[-1] - days[0] == timedelta(days=369), (zone, hour)
            assert date(2028, 2, 29) in days
    seconds = time.monotonic() - began
    report.note("every zone, a leap year of DST changes", "none", seconds, {"zones": len(zones), "days": 370})
