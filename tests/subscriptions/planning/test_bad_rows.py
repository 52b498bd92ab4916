"""One row that this machine or version cannot read costs its own reader, and the operator is told."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from digest.models import Topic
from subscriptions import outbox
from subscriptions.accounts import preferences
from subscriptions.admin.dashboard import dashboard
from subscriptions.models import Delivery, FilterSet, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning import first_digest
from subscriptions.planning.planner import plan
from subscriptions.relay import LocalMailbox
from tests.factories import NOW, edition, reader, topic
from tests.subscriptions.browsing import address, said

pytestmark = pytest.mark.django_db
State = Delivery.State
ODD: list[dict[str, Any]] = [
    {"time_zone": "Mars/Phobos"},
    {"time_zone": ""},
    {"time_zone": "../etc/passwd"},
    {"time_zone": "Europe"},
    {"time_zone": "Europe/Ber\u0142in"},
    {"hour": 99},
    {"rhythm": "hourly"},
    {"rhythm": "weekly", "weekday": 9},
    {"language": "tlh"},
]


def readers_of(agents: Topic, singly: bool, **odd: Any) -> tuple[Subscriber, Subscriber]:
    """One reader with something odd, and Ada; each planned alone where something of theirs is still open."""
    both = reader("odd@readers.example", [agents], **odd), reader("ada@readers.example", [agents])
    if singly:
        for one in both:
            carried = {"due_at": NOW - timedelta(days=1), "not_before": NOW, "state": "unknown"}
            Delivery.objects.create(subscriber=one, kind="digest", **carried)
    return both


@pytest.mark.parametrize("singly", [False, True], ids=["together", "one by one"])
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_row_with_something_unknown_stops_nobody(odd: dict[str, Any], singly: bool) -> None:
    readers_of(topic("agents", "agents"), singly, **odd)
    edition("First agents")
    plan(NOW)
    outbox.deliver(LocalMailbox())
    new = Delivery.objects.filter(kind="digest", due_at=NOW)
    assert dict(new.values_list("subscriber__email", "state")) == {
        "odd@readers.example": "accepted",
        "ada@readers.example": "accepted",
    }
    later = Subscriber.objects.values_list("next_digest_at", flat=True)
    assert all(NOW < moment < NOW + timedelta(days=8) for moment in later if moment)
    assert None not in later


@pytest.mark.parametrize("singly", [False, True], ids=["together", "one by one"])
@pytest.mark.parametrize("where", ["a reader's filters", "a topic"])
def test_a_query_that_cannot_be_read_stops_nobody(where: str, singly: bool) -> None:
    agents = topic("agents", "agents")
    odd, _ = readers_of(topic("boats", "boats"), singly)
    Subscriber.objects.filter(email="ada@readers.example").update(
        filter_set=FilterSet.objects.obtain([agents])
    )
    if where == "a topic":
        Topic.objects.filter(slug="boats").update(query="boats AND (")
    else:
        broken = FilterSet.objects.create(key="broken", queries=["boats AND ("])
        Subscriber.objects.filter(pk=odd.pk).update(filter_set=broken)
    edition("First agents")
    plan(NOW)
    new = Delivery.objects.filter(kind="digest", due_at=NOW)
    assert dict(new.values_list("subscriber__email", "state")) == {
        "odd@readers.example": "skipped",
        "ada@readers.example": "pending",
    }


def test_a_pause_of_a_reader_in_an_unknown_time_zone_ends_nobody_elses() -> None:
    agents = topic("agents", "agents")
    paused: dict[str, Any] = {"state": "paused", "next_digest_at": None, "paused_until": date(2025, 11, 5)}
    reader("odd@readers.example", [agents], time_zone="Mars/Phobos", **paused)
    reader("ada@readers.example", [agents], **paused)
    preferences.resume_due(NOW)
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"active"}


def test_the_reader_gets_the_welcome_and_can_open_the_preferences(client: Client) -> None:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        odd = reader("odd@readers.example", [topic("agents", "agents")], state="pending", next_digest_at=None)
        Subscriber.objects.update(time_zone="Mars/Phobos")
        odd.refresh_from_db()
        first_digest.confirm(odd, NOW, "192.0.2.1")
        outbox.deliver(LocalMailbox())
        assert odd.deliveries.get(kind="welcome").state == State.ACCEPTED
        assert "at 07:00 (UTC), if a paper matches" in said(client.get(address("preferences", odd)))


def test_the_operator_is_told_which_readers_they_are(admin_client: Client) -> None:
    agents = topic("agents", "agents")
    for number, odd in enumerate(ODD[:-1]):  # an unknown language is English, and hurts nobody
        reader(f"odd{number}@readers.example", [agents], **odd)
    reader(
        "fine@readers.example", queries=["agents"], schedule=Schedule("Europe/Berlin", 23, Rhythm.WEEKLY, 6)
    )
    told = {problem.what: problem.url for problem in dashboard(NOW, see_reasons=True).attention}
    what = f"{len(ODD) - 1} readers have a time zone or hour that is not known here."
    listed = admin_client.get(told[what]).content.decode()
    assert "odd0@readers.example" in listed
    assert "fine@readers.example" not in listed
    assert reverse("admin:subscriptions_subscriber_changelist") in told[what]
