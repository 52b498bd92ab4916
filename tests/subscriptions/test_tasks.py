"""Tasks are wake-ups: each works for a bounded time and leaves the rest to the next."""

from typing import Any

import pytest

from subscriptions import tasks
from subscriptions.models import Delivery
from subscriptions.planning.planner import plan
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of each wake-up."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **options: asked.append(options))
    return asked


@pytest.fixture(autouse=True)
def two_digests(db: None) -> None:
    agents = topic("agents", "agents")
    edition("First agents")
    for name in ("ada", "bela"):
        reader(f"{name}@readers.example", topics=[agents])
    plan(NOW)


def states() -> set[str]:
    return set(Delivery.objects.values_list("state", flat=True))


def test_a_task_that_did_all_wakes_nobody(woken: list[dict[str, Any]]) -> None:
    tasks.deliver()
    assert states() == {"accepted"}
    assert woken == []


def test_a_task_whose_time_is_over_gives_back_the_rest_and_wakes_the_next(
    woken: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "SECONDS_A_TASK", -1)
    tasks.deliver()
    assert states() == {"pending"}
    assert len(woken) == 1


def test_a_wake_up_that_nobody_heard_is_forgotten(woken: list[dict[str, Any]]) -> None:
    tasks.wake()
    assert woken[0]["expires"] == 60
