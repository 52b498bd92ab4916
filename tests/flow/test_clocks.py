"""Machines whose clocks disagree share one PostgreSQL: leases are by its clock alone."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from subscriptions import outbox
from subscriptions.models import Delivery
from subscriptions.planning import planner
from tests.factories import NOW, edition, reader, topic

pytestmark = [pytest.mark.services, pytest.mark.django_db]
HOUR = timedelta(hours=1)


def planned() -> None:
    reader(topics=[topic("agents", "agents")])
    edition("First agents")
    planner.plan(NOW)


@pytest.mark.parametrize("handing", [False, True])
def test_a_machine_whose_clock_is_fast_ends_nobodys_lease(handing: bool) -> None:
    planned()
    outbox.claim(1, "another machine", timezone.now(), handing=handing)
    before = Delivery.objects.values().get()
    with time_machine.travel(timezone.now() + HOUR, tick=True):
        assert not any(outbox.reclaim_expired(timezone.now()).values())
    assert Delivery.objects.values().get() == before


def test_what_a_machine_whose_clock_is_slow_leases_is_its_for_as_long() -> None:
    planned()
    now = timezone.now()
    with time_machine.travel(now - HOUR, tick=True):
        outbox.claim(1, "slow", now)
    assert not any(outbox.reclaim_expired(timezone.now()).values())
    assert Delivery.objects.get().worker == "slow"
