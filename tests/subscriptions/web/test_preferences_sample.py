"""What the filters of a reader would have brought, while they change them."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Topic
from subscriptions.models import SavedPaper, Subscriber
from tests.factories import NOW, edition, reader, record, topic
from tests.subscriptions.browsing import address, form_at, page, stored, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def agents() -> Topic:
    return topic("agents", "agents")


@pytest.fixture
def ada(agents: Topic) -> Subscriber:
    return reader("ada@readers.example", [agents], ["kv*"])


def asked_for(client: Client, ada: Subscriber, **values: Any) -> BeautifulSoup:
    """What the page asks for when it has come, with these values in its fields."""
    path = address("preferences", ada)
    part = page(client.get(path)).select_one("[data-sample]")
    assert isinstance(part, Tag)
    assert str(part["hx-trigger"]).startswith("load, ")
    return page(client.get(str(part["hx-get"]), form_at(client, path) | values))


def test_the_page_asks_at_once_what_the_filters_would_have_brought(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals", "KV caches", "Splats")
    found = asked_for(client, ada)
    assert words(found.select_one(".said")) == "Wednesday, 5 November 2025: 2 papers."
    assert [words(share) for share in found.select(".shares li")] == ["Agents 1", "kv* 1"]
    frame = found.iframe
    assert isinstance(frame, Tag)
    assert client.get(str(frame["src"])).status_code == 200


def test_whom_a_reader_follows_counts_too(client: Client, ada: Subscriber) -> None:
    edition(
        record("Splats", organization="Example Lab"),
        record("More splats", author_names=["Ada Lovelace"]),
        "Nothing",
    )
    found = asked_for(client, ada, topics=[], queries="", organizations="Example Lab", authors="Ada Lovelace")
    assert words(found.select_one(".said")) == "Wednesday, 5 November 2025: 2 papers."
    mail = client.get(str(found.iframe["src"])) if found.iframe else None
    assert mail is not None
    assert b"More splats" in mail.content


def test_a_topic_that_is_no_longer_offered_brings_nothing_and_breaks_nothing(
    client: Client, ada: Subscriber, agents: Topic
) -> None:
    edition("Agents that read manuals", "KV caches")
    agents.enabled = False
    agents.save()
    assert words(asked_for(client, ada).select_one(".said")) == "Wednesday, 5 November 2025: 1 paper."


def test_a_reader_whose_library_brings_papers_is_not_told_of_trending_ones(
    client: Client, ada: Subscriber
) -> None:
    edition("Agents that read manuals")
    SavedPaper.objects.create(subscriber=ada, key="arxiv:2401.00001", saved_at=NOW)
    ada.library_daily = 10
    ada.save()
    found = asked_for(client, ada, topics=[], queries="")
    assert words(found.select_one(".said")) == (
        "No paper of your library is known here yet: papers like them come once they are found."
    )
    assert found.iframe is None


def test_a_mail_scanner_that_opens_the_page_has_nothing_computed(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    before = stored()
    found = page(client.get(address("preferences", ada)))
    assert words(found.select_one(".said")) == ""
    assert found.iframe is None
    assert stored() == before


def test_without_javascript_a_button_shows_it_and_saves_nothing(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals", "Splats")
    path = address("preferences", ada)
    assert page(client.get(path)).select_one("noscript button[name=action][value=show]")
    response = client.post(path, form_at(client, path) | {"queries": "splats", "action": "show"})
    assert response.status_code == 200
    found = page(response)
    assert words(found.select_one(".said")) == "Wednesday, 5 November 2025: 2 papers."
    assert found.select_one("details[open] .latest")
    assert words(found.find(id="queries")) == "splats"
    ada.refresh_from_db()
    assert ada.filter_set.queries == ["kv*"]


def test_a_closed_fold_says_what_it_holds(client: Client, ada: Subscriber) -> None:
    ada.filter_set.exclude, ada.filter_set.least_upvotes = ["audio", "video"], 20
    ada.filter_set.save()
    found = page(client.get(address("preferences", ada)))
    closed = [fold for fold in found.select("details.fold") if not fold.has_attr("open")]
    held = [words(name) for fold in closed for name in fold.select(".fold-holds") if words(name)]
    assert held == ["Agents", "kv*", "audio, video, upvotes>=20"]


def test_a_query_that_a_mail_proposed_is_in_sight(client: Client, ada: Subscriber) -> None:
    found = page(client.get(address("preferences", ada) + "?add=splats"))
    assert found.select_one("details[open] #queries")
