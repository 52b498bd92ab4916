"""Leaving in one press, from the page or from the mail program; and taking it back."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Topic
from subscriptions import links
from subscriptions.models import Subscriber
from subscriptions.schedule import Schedule
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
    assert isinstance(button, Tag)
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
    path, secret = address("unsubscribe", ada), links.token("preferences", ada).encode()
    left = client.post(path)
    for response in (client.get(path), left, undo(client, path, left)):
        assert secret not in response.content
