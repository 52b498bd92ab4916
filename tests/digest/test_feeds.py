"""Topic feeds, as a feed reader reads them."""

import json
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element, fromstring

import pytest
from django.core.cache import cache
from django.test import Client

from digest.models import Paper
from tests.factories import edition, record, topic

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = '<script>alert("1")</script> & ]]> agents'


@pytest.fixture(autouse=True)
def _topic() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents", name="<b>Agents</b>")
    yield
    cache.clear()


def atom(client: Client) -> Element:
    response = client.get("/topics/agents/atom.xml")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return fromstring(response.content)


def entries(client: Client) -> list[Element]:
    return atom(client).findall(f"{ATOM}entry")


def text(element: Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def test_both_feeds_hold_the_same_papers_newest_day_first(client: Client) -> None:
    edition("Agents at sea", day=date(2025, 11, 4))
    edition("Agents at home", "Caches", day=date(2025, 11, 5))
    assert [text(entry, "title") for entry in entries(client)] == ["Agents at home", "Agents at sea"]
    response = client.get("/topics/agents/feed.json")
    assert response["Content-Type"] == "application/feed+json; charset=utf-8"
    document = json.loads(response.content)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in document["items"]] == ["Agents at home", "Agents at sea"]
    assert [item["id"] for item in document["items"]] == [text(entry, "id") for entry in entries(client)]


def test_a_feed_says_what_the_standard_asks_for(client: Client) -> None:
    edition("Agents at sea")
    feed = atom(client)
    assert text(feed, "id")
    assert text(feed, "updated") == "2025-11-05T00:00:00+00:00"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "http://localhost:8000/topics/agents/atom.xml"
    assert links["alternate"] == "http://localhost:8000/topics/agents/"
    (entry,) = feed.findall(f"{ATOM}entry")
    assert text(entry, "updated") == "2025-11-05T00:00:00+00:00"


def test_a_paper_keeps_its_id_when_a_better_key_is_known(client: Client) -> None:
    edition("Agents at sea")
    (before,) = entries(client)
    edition(record("Agents at sea", key="arxiv:2511.00001"), day=date(2025, 11, 6))
    (after,) = entries(client)
    assert text(after, "id") == text(before, "id")
    assert Paper.objects.get().key == "arxiv:2511.00001"


def test_nothing_hostile_breaks_out_of_a_feed(client: Client) -> None:
    edition(record("Agents", HOSTILE, author_names=["<i>Ada</i>"], url="https://example.org/?a=1&b=<2>"))
    (entry,) = entries(client)
    assert "<script>" not in text(entry, "summary")
    assert "&lt;script&gt;" in text(entry, "summary")
    (item,) = json.loads(client.get("/topics/agents/feed.json").content)["items"]
    assert "<script>" not in item["content_html"]


def test_a_feed_that_has_not_changed_costs_its_reader_nothing(client: Client) -> None:
    edition("Agents at sea")
    for path in ("/topics/agents/atom.xml", "/topics/agents/feed.json"):
        response = client.get(path)
        assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304


def test_the_topics_page_tells_feed_readers_where_its_feeds_are(client: Client) -> None:
    found = client.get("/topics/agents/").content.decode()
    for kind, path in (("atom+xml", "atom.xml"), ("feed+json", "feed.json")):
        assert f'type="application/{kind}"' in found
        assert f'href="/topics/agents/{path}"' in found
