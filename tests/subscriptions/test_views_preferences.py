"""Changing filters and schedule, pausing and resuming."""

from collections.abc import Iterator

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Topic
from subscriptions.models import Subscriber
from subscriptions.schedule import Rhythm, Schedule
from tests.factories import NOW, reader, topic
from tests.subscriptions.browsing import address, form_at, page, said, stored

pytestmark = pytest.mark.django_db
BERLIN = Schedule("Europe/Berlin", 7)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def agents() -> Topic:
    return topic("agents", "agents")


@pytest.fixture
def ada(agents: Topic) -> Subscriber:
    return reader("ada@readers.example", [agents], ["kv*"], BERLIN)


def test_preferences_show_what_is_chosen(client: Client, ada: Subscriber) -> None:
    sent = form_at(client, address("preferences", ada))
    assert sent == {
        "topics": ["agents"],
        "queries": "kv*",
        "exclude": "",
        "organizations": "",
        "authors": "",
        "language": "en",
        "format": "html",
        "time_zone": "Europe/Berlin",
        "hour": "7",
        "rhythm": "daily",
        "weekday": "0",
    }


def test_saving_changes_filters_and_schedule_and_tells_the_next_digest(
    client: Client, ada: Subscriber
) -> None:
    topic("3d", "3d")
    path = address("preferences", ada)
    values = form_at(client, path) | {
        "topics": ["3d"],
        "queries": "",
        "rhythm": "weekly",
        "weekday": "4",
        "hour": "18",
    }
    response = Client(enforce_csrf_checks=True).post(path, values, follow=True)
    assert response.status_code == 200
    assert "Saved. The next digest comes on Friday, 7 November at 18:00 (Europe/Berlin)" in said(response)
    ada.refresh_from_db()
    assert str(ada.filter_set) == "3D"
    assert ada.schedule == Schedule("Europe/Berlin", 18, Rhythm.WEEKLY, 4)


def test_saving_something_unreadable_keeps_it_and_changes_nothing(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    before = stored()
    response = client.post(path, form_at(client, path) | {"queries": "(kv", "time_zone": "Mars/Olympus"})
    assert response.status_code == 422
    found = page(response)
    assert found.select_one("pre.caret")
    assert [link["href"] for link in found.select("#problems a")] == ["#queries", "#time_zone"]
    assert found.select_one("#queries")
    assert stored() == before


def test_a_topic_that_is_no_longer_offered_is_not_lost_by_saving(
    client: Client, ada: Subscriber, agents: Topic
) -> None:
    Topic.objects.filter(pk=agents.pk).update(enabled=False)
    path = address("preferences", ada)
    assert "not offered at the moment" in said(client.get(path))
    client.post(path, form_at(client, path))
    ada.refresh_from_db()
    assert [t.slug for t in ada.filter_set.topics.all()] == ["agents"]


def test_pausing_and_resuming_are_one_press_each(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    paused = client.post(path, {"action": "pause"}, follow=True)
    assert "Paused. No mail comes until you resume." in said(paused)
    ada.refresh_from_db()
    assert (ada.state, ada.next_digest_at) == (Subscriber.State.PAUSED, None)
    assert page(paused).select_one("button[value=resume]")
    resumed = client.post(path, {"action": "resume"}, follow=True)
    assert "Resumed." in said(resumed)
    assert "The next digest comes on Thursday, 6 November at 07:00" in said(resumed)


def test_preferences_lead_to_unsubscribing(client: Client, ada: Subscriber) -> None:
    link = page(client.get(address("preferences", ada))).find("a", string="Unsubscribe from all mail")
    assert isinstance(link, Tag)
    assert str(link["href"]).endswith(address("unsubscribe", ada))


def test_preferences_show_no_address(client: Client, ada: Subscriber) -> None:
    assert b"ada@readers.example" not in client.get(address("preferences", ada)).content
