"""Leaving in one press, from the page or from the mail program; and taking it back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Topic
from subscriptions.accounts import data_rights, preferences
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from tests.factories import NOW, reader, topic
from tests.subscriptions.browsing import address, page, said

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


def pending(agents: Topic) -> Subscriber:
    values: dict[str, Any] = {"state": Subscriber.State.PENDING, "next_digest_at": None, "consented_at": None}
    return reader("eve@readers.example", [agents], ["kv*"], BERLIN, **values)


def test_a_mail_clients_one_click_unsubscribes_without_cookies_or_redirect(ada: Subscriber) -> None:
    mail_client = Client(enforce_csrf_checks=True, headers={"Origin": "null"})
    body = b"List-Unsubscribe=One-Click"
    path = address("unsubscribe", ada)
    response = mail_client.post(path, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200
    assert response.cookies == {}
    ada.refresh_from_db()
    assert (ada.state, ada.next_digest_at) == (Subscriber.State.UNSUBSCRIBED, None)
    assert mail_client.post(path, body, content_type="application/x-www-form-urlencoded").status_code == 200


def test_one_click_as_multipart_counts_too(ada: Subscriber) -> None:
    assert Client().post(address("unsubscribe", ada), {"List-Unsubscribe": "One-Click"}).status_code == 200
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_the_unsubscribe_page_asks_first(client: Client, ada: Subscriber) -> None:
    response = client.get(address("unsubscribe", ada))
    assert page(response).select_one("form[method=post] button")
    assert page(response).select_one("input") is None


def undo(client: Client, path: str, response: Any) -> Any:
    button = page(response).find("button", attrs={"name": "undo"})
    assert isinstance(button, Tag), said(response)
    return client.post(path, {"undo": button["value"]})


@pytest.mark.parametrize("before", [Subscriber.State.ACTIVE, Subscriber.State.PAUSED])
def test_undo_brings_back_what_was(client: Client, ada: Subscriber, before: Subscriber.State) -> None:
    Subscriber.objects.update(state=before)
    path = address("unsubscribe", ada)
    assert "as before" in said(undo(client, path, client.post(path)))
    ada.refresh_from_db()
    assert ada.state == before
    assert str(ada.filter_set) == "Agents, kv*"


def test_undo_works_for_an_hour(client: Client, ada: Subscriber) -> None:
    path = address("unsubscribe", ada)
    left = client.post(path)
    with time_machine.travel(NOW.replace(hour=NOW.hour + 2), tick=False):
        assert "You are unsubscribed" in said(undo(client, path, left))
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_the_link_alone_can_never_subscribe_anybody(client: Client, agents: Topic, ada: Subscriber) -> None:
    """Neither who never confirmed, nor who left long ago, nor with another reader's undo."""
    never = pending(agents)
    assert page(client.post(address("unsubscribe", never))).find("button") is None
    gone = reader("gone@readers.example", [agents], state=Subscriber.State.UNSUBSCRIBED)
    assert page(client.post(address("unsubscribe", gone))).find("button") is None
    undo(client, address("unsubscribe", gone), client.post(address("unsubscribe", ada)))
    client.post(address("unsubscribe", gone), {"undo": "1"})
    assert not Subscriber.objects.filter(state=Subscriber.State.ACTIVE).exists()


def test_the_unsubscribe_pages_do_not_give_away_the_preferences(client: Client, ada: Subscriber) -> None:
    path, secret = address("unsubscribe", ada), signed_links.token("preferences", ada).encode()
    left = client.post(path)
    for response in (client.get(path), left, undo(client, path, left)):
        assert secret not in response.content


def test_the_page_also_offers_a_pause_and_a_slower_rhythm(client: Client, ada: Subscriber) -> None:
    found = page(client.get(address("unsubscribe", ada)))
    assert [button["value"] for button in found.select("main button")] == ["unsubscribe", "pause", "weekly"]


def test_who_gets_a_mail_a_month_is_not_offered_one_a_week_as_less(client: Client, ada: Subscriber) -> None:
    Subscriber.objects.update(rhythm="monthly")
    found = page(client.get(address("unsubscribe", ada)))
    assert [button["value"] for button in found.select("main button")] == ["unsubscribe", "pause"]


def test_a_pause_of_four_weeks_ends_by_itself(client: Client, ada: Subscriber) -> None:
    text = said(client.post(address("unsubscribe", ada), {"action": "pause"}))
    assert "No mail comes before Wednesday, 3 December 2025" in text
    ada.refresh_from_db()
    assert (ada.state, ada.next_digest_at) == (Subscriber.State.PAUSED, None)
    preferences.resume_due(datetime(2025, 12, 2, 22, 59, tzinfo=UTC))
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.PAUSED
    preferences.resume_due(datetime(2025, 12, 2, 23, 0, tzinfo=UTC))  # midnight in Berlin
    ada.refresh_from_db()
    assert (ada.state, ada.paused_until) == (Subscriber.State.ACTIVE, None)
    assert ada.next_digest_at == datetime(2025, 12, 3, 6, 0, tzinfo=UTC)


def test_once_a_week_instead_leaves_everything_else_as_it_was(client: Client, ada: Subscriber) -> None:
    assert "Once a week from now on" in said(client.post(address("unsubscribe", ada), {"action": "weekly"}))
    ada.refresh_from_db()
    assert ada.schedule == Schedule("Europe/Berlin", 7, Rhythm.WEEKLY, 0)
    assert ada.next_digest_at == datetime(2025, 11, 10, 6, 0, tzinfo=UTC)
    assert str(ada.filter_set) == "Agents, kv*"
    found = page(client.get(address("unsubscribe", ada)))
    assert [button["value"] for button in found.select("main button")] == ["unsubscribe", "pause"]


@pytest.mark.parametrize("action", ["pause", "weekly", "unsubscribe"])
def test_each_of_them_can_be_undone(client: Client, ada: Subscriber, action: str) -> None:
    path = address("unsubscribe", ada)
    preferences.save(ada, preferences.choices_of(ada), NOW)
    assert "as before" in said(undo(client, path, client.post(path, {"action": action})))
    ada.refresh_from_db()
    assert (ada.state, ada.schedule, ada.paused_until) == (Subscriber.State.ACTIVE, BERLIN, None)


def test_a_pause_taken_up_again_by_undo_keeps_its_last_day(client: Client, ada: Subscriber) -> None:
    preferences.pause(ada, date(2025, 12, 24))
    path = address("unsubscribe", ada)
    assert "until Wednesday, 24 December 2025" in said(undo(client, path, client.post(path)))


@pytest.mark.parametrize("action", ["pause", "weekly"])
def test_who_has_left_is_brought_back_by_none_of_them(client: Client, ada: Subscriber, action: str) -> None:
    path = address("unsubscribe", ada)
    client.post(path)
    client.post(path, {"action": action})
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_an_unknown_wish_unsubscribes_rather_than_nothing(client: Client, ada: Subscriber) -> None:
    client.post(address("unsubscribe", ada), {"action": "something else"})
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


@pytest.mark.parametrize("action", ["pause", "weekly"])
def test_an_undo_replayed_after_leaving_subscribes_nobody(
    client: Client, ada: Subscriber, action: str
) -> None:
    path = address("unsubscribe", ada)
    before = client.post(path, {"action": action})
    client.post(path)
    assert "Nothing was undone" in said(undo(client, path, before))
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_an_undo_of_leaving_is_good_for_that_leaving_alone(client: Client, ada: Subscriber) -> None:
    path = address("unsubscribe", ada)
    first = client.post(path)
    undo(client, path, first)
    with time_machine.travel(NOW.replace(minute=NOW.minute + 1), tick=False):
        client.post(path)
        assert "Nothing was undone" in said(undo(client, path, first))
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


@pytest.mark.parametrize(
    "since",
    [
        {"state": Subscriber.State.REFUSED},
        {"paused_until": date(2025, 12, 24)},
        {"rhythm": Rhythm.WEEKDAYS},
        {"hour": 9},
        {"link_version": 1},
    ],
)
def test_an_undo_takes_back_no_more_than_what_was_pressed(
    client: Client, ada: Subscriber, since: dict[str, Any]
) -> None:
    path = address("unsubscribe", ada)
    paused = client.post(path, {"action": "pause"})
    Subscriber.objects.update(**since)
    ada.refresh_from_db()
    assert "Nothing was undone" in said(undo(client, address("unsubscribe", ada), paused))
    ada.refresh_from_db()
    assert {name: getattr(ada, name) for name in since} == since


def test_an_undo_after_erasure_finds_nobody(client: Client, ada: Subscriber) -> None:
    path = address("unsubscribe", ada)
    left = client.post(path)
    data_rights.erase(ada)
    assert undo(client, path, left).status_code == 404
    assert not Subscriber.objects.exists()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("slash", ["/", ""])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"List-Unsubscribe=One-Click"),
        (f"{FORM}; charset=utf-16", "List-Unsubscribe=One-Click".encode("utf-16")),
        (f"{FORM}; charset=no-such", b"List-Unsubscribe=One-Click"),
        (FORM, b""),
        (FORM, b"action=%00"),
        (FORM, b"&".join(b"a%d=1" % number for number in range(2_000))),
        ("", b""),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("application/json", b"{"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
    ],
)
def test_whatever_is_posted_to_the_address_unsubscribes(
    ada: Subscriber, settings: Any, slash: str, kind: str, body: bytes
) -> None:
    settings.DEBUG = True  # else a lost slash is a redirect, now it would be a failure
    mail_client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    path = address("unsubscribe", ada).rstrip("/") + slash
    assert mail_client.generic("POST", path, body, content_type=kind).status_code == 200
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_address_without_its_slash_changes_nothing(ada: Subscriber, method: str) -> None:
    response = Client().generic(method, address("unsubscribe", ada).rstrip("/"))
    assert response.status_code == 200
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.ACTIVE
