"""Heartbeats: a worker that leaves none is started again."""

from datetime import timedelta

import pytest
from celery.signals import worker_init
from pytest_django import Settings

from digest import celery, tasks
from digest.management.serving.liveness import WorkerWatchdog
from digest.models import Heartbeat
from tests.factories import NOW
from tests.services.valkey import valkey_server

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_a_heartbeat_replaces_the_one_before() -> None:
    for seconds in (0, 10):
        Heartbeat.objects.beat("worker", NOW + seconds * SECOND, "here")
    assert list(Heartbeat.objects.values_list("name", "at", "detail")) == [
        ("worker", NOW + 10 * SECOND, "here")
    ]


def test_the_scheduled_task_leaves_a_heartbeat() -> None:
    tasks.show_life()
    assert Heartbeat.objects.get().name == "worker"


def test_a_worker_is_given_time_to_start() -> None:
    watchdog = WorkerWatchdog(NOW)
    assert not watchdog.expired(NOW + 35 * SECOND)
    assert watchdog.expired(NOW + 36 * SECOND)
    assert not watchdog.expired(NOW + 37 * SECOND)  # it is being started again
    assert watchdog.expired(NOW + 80 * SECOND)


@pytest.mark.parametrize("name", ["worker", "sender", "planner"])
def test_whoever_works_is_alive(name: str) -> None:
    watchdog = WorkerWatchdog(NOW)
    Heartbeat.objects.beat(name, NOW + 60 * SECOND)
    assert not watchdog.expired(NOW + 90 * SECOND)
    assert watchdog.expired(NOW + 96 * SECOND)


@pytest.mark.services
def test_a_worker_refuses_a_broker_that_drops_tasks(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with valkey_server("--maxmemory-policy", "allkeys-lru") as url:
        monkeypatch.setattr(celery.app.conf, "broker_url", url)
        with pytest.raises(SystemExit, match="evicts keys"):
            worker_init.send(sender=None)
    with valkey_server() as url:
        monkeypatch.setattr(celery.app.conf, "broker_url", url)
        worker_init.send(sender=None)
