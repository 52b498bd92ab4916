"""Changing filters and schedule, pausing and resuming."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.matching import parse_query
from digest.models import Topic
from subscriptions.accounts import data_rights
from subscriptions.accounts.votes import Muting
from subscriptions.emails import web_version
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning.planner import plan
from tests.factories import NOW, edition, reader, topic
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
        "trending": "",
        "organizations": "",
        "authors": "",
        "library": "",
        "brought": "",
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
    assert "Saved. Your first digest comes on Friday, 7 November at 18:00 (Europe/Berlin)" in said(response)
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
    assert "Your first digest comes on Thursday, 6 November at 07:00" in said(resumed)


def test_preferences_lead_to_unsubscribing(client: Client, ada: Subscriber) -> None:
    link = page(client.get(address("preferences", ada))).find("a", string="Unsubscribe from all mail")
    assert isinstance(link, Tag)
    assert str(link["href"]).endswith(address("unsubscribe", ada))


def test_preferences_show_no_address(client: Client, ada: Subscriber) -> None:
    assert b"ada@readers.example" not in client.get(address("preferences", ada)).content


def test_a_pause_can_have_an_end(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    paused = client.post(path, {"action": "pause", "until": "2025-12-24"}, follow=True)
    assert "No mail comes before Wednesday, 24 December 2025" in said(paused)
    longer = client.post(path, {"action": "pause", "until": "2026-01-07"}, follow=True)
    assert "No mail comes before Wednesday, 7 January 2026" in said(longer)
    client.post(path, {"action": "resume"})
    ada.refresh_from_db()
    assert (ada.state, ada.paused_until) == (Subscriber.State.ACTIVE, None)


@pytest.mark.parametrize("until", ["2025-11-05", "1999-01-01"])
def test_a_pause_cannot_end_before_it_begins(client: Client, ada: Subscriber, until: str) -> None:
    path = address("preferences", ada)
    response = client.post(path, {"action": "pause", "until": until}, follow=True)
    assert "That day has passed" in said(response)
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.ACTIVE


@pytest.mark.parametrize("until", ["", "2025-11-31", "soon"])
def test_a_pause_without_a_readable_end_lasts_until_the_reader_resumes(
    client: Client, ada: Subscriber, until: str
) -> None:
    client.post(address("preferences", ada), {"action": "pause", "until": until})
    ada.refresh_from_db()
    assert (ada.state, ada.paused_until) == (Subscriber.State.PAUSED, None)


def test_following_and_leaving_out_become_queries(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    values = {
        "organizations": "NVIDIA\r\nTsinghua University",
        "authors": "Ada Lovelace",
        "exclude": "speech",
        "least_upvotes": "20",
        "format": "text",
        "language": "de",
    }
    assert client.post(path, form_at(client, path) | values).status_code == 302
    ada.refresh_from_db()
    wanted = ['author:"ada lovelace"', "kv*", "org:nvidia", 'org:"tsinghua university"']
    assert sorted(ada.filter_set.queries) == sorted(wanted)
    assert (ada.filter_set.exclude, ada.filter_set.least_upvotes) == (["speech"], 20)
    assert (ada.format, ada.language) == ("text", "de")
    again = page(client.get(path))
    assert str(again.select_one("#queries").get_text()) == "kv*"  # type: ignore[union-attr]
    followed = again.select_one("#organizations").get_text()  # type: ignore[union-attr]
    assert str(followed) == "NVIDIA\nTsinghua University"
    before = ada.filter_set_id
    client.post(path, form_at(client, path) | {"least_upvotes": "20"})
    ada.refresh_from_db()
    assert ada.filter_set_id == before


TYPED = {
    "queries": 'KV-Cache OR kv*\r\n"Speculative  Decoding"',
    "organizations": "NVIDIA\r\nAI2 (Allen)",
    "authors": "Renée Müller\r\nAda Lovelace",
    "exclude": "Speech\r\nAudio OR music",
}


def test_what_a_reader_typed_is_shown_again_as_they_typed_it_and_in_their_order(
    client: Client, ada: Subscriber
) -> None:
    path = address("preferences", ada)
    for _ in range(2):  # and when it is saved again
        assert client.post(path, form_at(client, path) | TYPED).status_code == 302
        form = page(client.get(path))
        shown = {name: form.select_one(f"#{name}").get_text() for name in TYPED}  # type: ignore[union-attr]
        assert shown == {name: text.replace("\r\n", "\n") for name, text in TYPED.items()}


def test_a_link_to_share_and_the_readers_own_data_hold_what_they_typed(
    client: Client, ada: Subscriber
) -> None:
    path = address("preferences", ada)
    client.post(path, form_at(client, path) | TYPED)
    link = page(client.get(path)).select_one("#share a.long")
    assert isinstance(link, Tag)
    shared = parse_qs(urlsplit(str(link["href"])).query)
    own = ["KV-Cache OR kv*", '"Speculative  Decoding"']
    followed = ['org:"NVIDIA"', 'org:"AI2 (Allen)"', 'author:"Renée Müller"', 'author:"Ada Lovelace"']
    assert shared["queries"][0].split("\n") == [*own, *followed]
    assert shared["exclude"] == ["Speech\nAudio OR music"]
    ada.refresh_from_db()
    assert data_rights.everything_about(ada)["queries"] == [*own, *followed]


def test_a_mail_names_a_query_as_its_reader_typed_it_and_can_mute_it(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    client.post(path, form_at(client, path) | {"topics": ["agents"], "queries": "Sparse KV-Caches"})
    edition("Sparse KV caches")
    plan(NOW + timedelta(days=1))
    delivery = Delivery.objects.get(kind="digest", subscriber=ada, state="pending")
    assert delivery.selection
    assert "Sparse KV-Caches" in web_version.preview(ada, delivery.selection, "text")
    ada.refresh_from_db()
    own = next(n for n, each in enumerate(delivery.selection.filters) if each["own"])
    muting = Muting.of(delivery, own)
    assert muting
    muting.mute()
    assert "Sparse" not in str(Subscriber.objects.get(pk=ada.pk).filter_set)
    muting.undo()
    assert "Sparse KV-Caches" in str(Subscriber.objects.get(pk=ada.pk).filter_set)


def test_a_mail_of_the_version_before_can_mute_what_it_named_in_canonical_form(
    client: Client, ada: Subscriber
) -> None:
    path = address("preferences", ada)
    client.post(path, form_at(client, path) | {"topics": ["agents"], "queries": "KV-Caches"})
    ada = Subscriber.objects.get(pk=ada.pk)
    Muting(ada, str(parse_query("KV-Caches")), own=True).mute()
    assert "KV" not in str(Subscriber.objects.get(pk=ada.pk).filter_set)


def test_following_somebody_is_enough(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    values = {"topics": [], "queries": "", "authors": "Ada Lovelace"}
    assert client.post(path, form_at(client, path) | values).status_code == 302


def test_a_name_without_letters_is_explained(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    response = client.post(path, form_at(client, path) | {"organizations": "***"})
    assert response.status_code == 422
    assert "“***” holds no name" in said(response)


def test_the_link_to_share_tells_the_filters_and_nothing_of_the_reader(
    client: Client, ada: Subscriber
) -> None:
    link = page(client.get(address("preferences", ada))).select_one("#share a.long")
    assert isinstance(link, Tag)
    assert str(link["href"]) == "http://localhost:8000/?topics=agents&queries=kv%2A"
    shown = page(client.get(str(link["href"]).removeprefix("http://localhost:8000")))
    assert shown.select_one("input[value=agents][checked]")


def test_the_preferences_name_the_feed_that_is_the_readers_alone(client: Client, ada: Subscriber) -> None:
    for link in page(client.get(address("preferences", ada))).select("#share a[href*='/f/']"):
        assert client.get(str(link["href"]).removeprefix("http://localhost:8000")).status_code == 200


def test_a_reader_says_how_many_papers_come_in_full(client: Client) -> None:
    ada = reader(topics=[topic("agents", "agents")])
    path = address("preferences", ada)
    form = form_at(client, path)
    assert client.post(path, form | {"action": "save", "volume": "0"}).status_code == 422
    client.post(path, form | {"action": "save", "volume": "8"})
    ada.refresh_from_db()
    assert ada.volume == 8
    field = page(client.get(path)).select_one("#volume")
    assert field
    assert field["value"] == "8"
    client.post(path, form | {"action": "save", "volume": ""})
    ada.refresh_from_db()
    assert ada.volume is None
