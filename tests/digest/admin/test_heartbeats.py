"""Signs of life: who shows none is started again, and the operator hears of it."""

from datetime import timedelta

import pytest
from celery.signals import worker_init
from pytest_django import Settings

from digest import celery, tasks
from digest.admin.heartbeats import Pulse, silence
from digest.models import Heartbeat
from tests.factories import NOW
from tests.services.valkey import valkey_server

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_a_sign_of_life_replaces_the_one_before() -> None:
    for seconds in (0, 10):
        Heartbeat.objects.beat("worker", NOW + seconds * SECOND, "here")
    assert list(Heartbeat.objects.values_list("name", "at", "detail")) == [
        ("worker", NOW + 10 * SECOND, "here")
    ]


def test_the_canary_leaves_a_sign_of_life() -> None:
    tasks.show_life()
    assert Heartbeat.objects.get().name == "worker"


def test_a_worker_is_given_time_to_start() -> None:
    pulse = Pulse(NOW)
    assert not pulse.stopped(NOW + 35 * SECOND)
    assert pulse.stopped(NOW + 36 * SECOND)
    assert not pulse.stopped(NOW + 37 * SECOND)  # it is being started again
    assert pulse.stopped(NOW + 80 * SECOND)


@pytest.mark.parametrize("name", ["worker", "sender", "planner"])
def test_whoever_works_is_alive(name: str) -> None:
    pulse = Pulse(NOW)
    Heartbeat.objects.beat(name, NOW + 60 * SECOND)
    assert not pulse.stopped(NOW + 90 * SECOND)
    assert pulse.stopped(NOW + 96 * SECOND)


def test_the_operator_hears_of_workers_that_fell_silent() -> None:
    assert list(silence(NOW)) == []  # an installation without workers has none to miss
    Heartbeat.objects.beat("worker", NOW)
    assert list(silence(NOW + 60 * SECOND)) == []
    (attention,) = silence(NOW + 600 * SECOND)
    assert "10\xa0minutes" in attention.what


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
