"""Brokers that die, forget, are full or hang up, and workers that come and go."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
import redis
from celery import Celery
from django.utils import timezone

from digest.settings import CELERY_BROKER_TRANSPORT_OPTIONS
from subscriptions.models import Delivery, Subscriber
from tests.faults.accounts import accounts, settle
from tests.faults.conftest import Note
from tests.faults.scene import Scene
from tests.services.processes import Service
from tests.services.valkey import ValkeyServer
from tests.services.waiting import wait_until

pytestmark = pytest.mark.services

READERS = 80
RECOVERY = 60  # seconds


def killed(server: ValkeyServer) -> None:
    server.kill()
    time.sleep(2)
    server.start()


def flushed(server: ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()


def full(server: ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", 1)
        time.sleep(25)  # longer than the scheduler waits between two tasks
        client.config_set("maxmemory", 0)


def hung_up(server: ValkeyServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        for _ in range(100):
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
            time.sleep(0.1)


def hung(server: ValkeyServer) -> None:
    server.hang()
    time.sleep(10)
    server.go_on()


FAULTS = [
    killed,
    *(pytest.param(fault, marks=pytest.mark.faults) for fault in (flushed, full, hung_up, hung)),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broker_that_fails_delays_and_loses_nothing(
    scene: Scene, broker: ValkeyServer, note: Note, fault: Callable[[ValkeyServer], None]
) -> None:
    scene.environment |= {"REDIS_URL": broker.url, "OUTBOX_LEASE_SECONDS": "300"}
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 0.1
    worker(scene)
    scheduler(scene)
    ask(broker, "subscriptions.tasks.plan_digests")
    scene.sink.wait_for(READERS // 4)
    fault(broker)
    began = time.monotonic()
    scene.sink.pause = 0
    scene.edition()
    Subscriber.objects.update(next_digest_at=timezone.now())
    wait_until(lambda: accounts(scene).lost == 0 and not open_deliveries(), 2 * RECOVERY, "recovery")
    recovery = time.monotonic() - began
    assert recovery <= RECOVERY
    found = settle(scene)
    how = fault.__name__.replace("_", " ")
    note(f"broker {how}", **{"recovered after": f"{recovery:.0f} s"}, **found.figures())


def test_a_task_that_is_delivered_three_times_sends_no_mail_twice(
    scene: Scene, broker: ValkeyServer, note: Note
) -> None:
    scene.environment |= {
        "REDIS_URL": broker.url,
        "DJANGO_SETTINGS_MODULE": "tests.faults.impatient",
        "OUTBOX_LEASE_SECONDS": "300",
    }
    scene.readers(READERS)
    scene.edition()
    scene.sink.pause = 2
    working = worker(scene, "--concurrency", "4")
    ask(broker, "subscriptions.tasks.plan_digests")

    def times() -> int:
        tasks = re.findall(r"Task subscriptions\.tasks\.deliver\[(\S+)\] received", working.output)
        return max(Counter(tasks).values(), default=0)

    wait_until(lambda: times() >= 3, 60, "a task to be delivered three times")
    scene.sink.pause = 0
    for _ in range(3):
        ask(broker, "subscriptions.tasks.plan_digests")
        ask(broker, "subscriptions.tasks.deliver")
    wait_until(lambda: not open_deliveries(), 60, "all mails")
    assert len(scene.sink.mails) == READERS
    scene.send_the_next_day()
    note("every task delivered three times", **{"at most": times()}, **settle(scene).figures())


@pytest.mark.faults
def test_workers_restarted_one_after_the_other_leave_nothing_unknown(
    scene: Scene, broker: ValkeyServer, note: Note
) -> None:
    restarts = 20
    scene.environment |= {"REDIS_URL": broker.url, "OUTBOX_LEASE_SECONDS": "300"}
    scene.readers(restarts * 50)
    scene.edition()
    scene.sink.pause = 0.02
    scheduler(scene)
    old = worker(scene)
    ask(broker, "subscriptions.tasks.plan_digests")
    for number in range(restarts):
        scene.sink.wait_for(number * 50)
        new = worker(scene)
        assert old.end(signal.SIGTERM) == 0, old.output
        assert not Delivery.objects.filter(state="unknown").exists()
        old = new
    wait_until(lambda: Delivery.objects.exists() and not open_deliveries(), 120, "all mails")
    scene.send_the_next_day()
    note("rolling restarts of workers", restarts=restarts, **settle(scene).figures())


@pytest.mark.faults
def test_two_schedulers_of_which_one_stands_still_for_a_while_double_nothing(
    scene: Scene, broker: ValkeyServer, note: Note
) -> None:
    scene.environment |= {"REDIS_URL": broker.url, "OUTBOX_LEASE_SECONDS": "300"}
    scene.readers(READERS)
    worker(scene)
    first, _ = scheduler(scene, "one"), scheduler(scene, "two")
    for _ in range(2):
        scene.edition()
        Subscriber.objects.update(next_digest_at=timezone.now())
        wait_until(lambda: accounts(scene).lost == 0 and not open_deliveries(), 60, "all mails")
        first.process.send_signal(signal.SIGSTOP)
    time.sleep(30)
    first.process.send_signal(signal.SIGCONT)
    time.sleep(25)
    assert len(scene.sink.mails) == Delivery.objects.count() == 2 * READERS
    note("two Celery schedulers, one stopped", **settle(scene).figures())


def worker(scene: Scene, *options: str) -> Service:
    name = f"worker-{time.monotonic_ns()}@here"
    started = scene.command(
        "celery", "-A", "digest", "worker", "--loglevel", "INFO", "-n", name, "--concurrency", "2", *options
    )
    started.wait_for("ready.")
    return started


def scheduler(scene: Scene, name: str = "one") -> Service:
    schedule = str(scene.directory / f"schedule-{name}")
    return scene.command("celery", "-A", "digest", "beat", "--pidfile", "", "--schedule", schedule)


def ask(broker: ValkeyServer, task: str) -> None:
    """Send a task, as the scheduler does."""
    with Celery(broker=broker.url, set_as_current=False) as app:
        app.conf.broker_transport_options = {
            "global_keyprefix": CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
        }
        app.send_task(task)


def open_deliveries() -> bool:
    return Delivery.objects.filter(state__in=["pending", "leased", "handing", "deferred"]).exists()
