"""Topic feeds, as a feed reader reads them."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import product
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

import pytest
import time_machine
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


def test_an_atom_feed_is_what_rfc_4287_says_it_must_be(client: Client) -> None:
    """Sections 4.1.1 and 4.1.2: what is there exactly once, and what each entry must have."""
    edition("Agents at sea", record("Agents at home", author_names=["Ada Lovelace"]))
    feed = atom(client)
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
            assert text(element, name)
        assert urlsplit(text(element, "id")).scheme
        assert datetime.fromisoformat(text(element, "updated")).tzinfo
        alternate = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(alternate) == 1
        assert all(urlsplit(link.get("href") or "").netloc for link in element.findall(f"{ATOM}link"))
    assert all(text(author, "name") for author in feed.iter(f"{ATOM}author"))
    assert feed.find(f"{ATOM}author") is not None
    ids = [text(entry, "id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids) == 2
    assert [element.tag for element in feed.iter() if not element.tag.startswith(ATOM)] == []


def test_a_json_feed_is_what_version_1_1_says_it_must_be(client: Client) -> None:
    edition(record("Agents at sea", abstract=" "), record("Agents at home", author_names=["Ada Lovelace"]))
    document = json.loads(client.get("/topics/agents/feed.json").content)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "http://localhost:8000/topics/agents/feed.json"
    assert document["home_page_url"] == "http://localhost:8000/topics/agents/"
    assert (document["language"], bool(document["title"])) == ("en", True)
    for entry in document["items"]:
        assert isinstance(entry["id"], str)
        assert isinstance(entry["content_html"], str)  # or content_text: one of both
        assert urlsplit(entry["url"]).netloc
        assert datetime.fromisoformat(entry["date_published"]).tzinfo
        assert all(author["name"] for author in entry.get("authors", ()))
    assert [author["name"] for entry in document["items"] for author in entry.get("authors", ())] == [
        "Ada Lovelace"
    ]


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


def test_the_sources_own_summary_is_marked_in_feeds_and_on_the_papers_page(client: Client) -> None:
    edition(record("Agents at sea", key="arxiv:2511.00001", summary="<b>Agents</b> sail."), "Agents at home")
    plain, summarised = (text(entry, "summary") for entry in entries(client))
    assert summarised.startswith("<p>Summary by the source: &lt;b&gt;Agents&lt;/b&gt; sail.</p>")
    assert "Summary" not in plain
    shown = client.get("/papers/arxiv:2511.00001/").content.decode()
    assert "Summary by the source" in shown
    assert "&lt;b&gt;Agents&lt;/b&gt; sail." in shown


def test_a_withdrawn_paper_is_marked_in_feeds_and_on_its_page(client: Client) -> None:
    gone = "This paper has been withdrawn by the authors."
    edition(record("Agents at sea", gone, key="arxiv:2511.00001"), "Agents at home")
    plain, marked = (text(entry, "summary") for entry in entries(client))
    assert marked.startswith("<p><strong>Withdrawn</strong></p>")
    assert "Withdrawn" not in plain
    assert "Withdrawn" in client.get("/papers/arxiv:2511.00001/").content.decode()


def test_a_feed_that_has_not_changed_costs_its_reader_nothing(client: Client) -> None:
    for clock, path in product(("empty", "filled"), ("/topics/agents/atom.xml", "/topics/agents/feed.json")):
        with time_machine.travel(datetime(2025, 11, 5, 9, tzinfo=UTC), tick=False):
            if clock == "filled":
                edition("Agents at sea")
            response = client.get(path)
        with time_machine.travel(datetime(2025, 11, 5, 10, tzinfo=UTC), tick=False):
            again = client.get(path, headers={"If-None-Match": response["ETag"]})
            assert (again.status_code, again.content) == (304, b""), (clock, path)


@pytest.mark.parametrize(
    "path", ["/topics/agents/atom.xml", "/topics/agents/feed.json", "/topics/agents/", "/archive/"]
)
def test_head_says_what_get_says_of_a_page_and_of_its_age(client: Client, path: str) -> None:
    edition("Agents at sea")
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked["ETag"] == got["ETag"]
    assert client.head(path, headers={"If-None-Match": got["ETag"]}).status_code == 304


def test_a_corrected_title_changes_its_entry_and_votes_do_not(client: Client) -> None:
    first = record("Agents at see", key="arxiv:2511.00001", upvotes=1)
    edition(first, "Agents at home")
    later = datetime(2025, 11, 6, 9, tzinfo=UTC)
    edition(first | {"upvotes": 2}, "Agents at home", now=later)
    assert {text(entry, "updated") for entry in entries(client)} == {"2025-11-05T00:00:00+00:00"}
    edition(first | {"title": "Agents at sea"}, "Agents at home", now=later)
    updated = {text(entry, "title"): text(entry, "updated") for entry in entries(client)}
    assert updated == {
        "Agents at sea": "2025-11-06T09:00:00+00:00",
        "Agents at home": "2025-11-05T00:00:00+00:00",
    }
    assert text(atom(client), "updated") == "2025-11-06T09:00:00+00:00"
    assert {text(entry, "published") for entry in entries(client)} == {"2025-11-05T00:00:00+00:00"}
    items = json.loads(client.get("/topics/agents/feed.json").content)["items"]
    assert {item["title"]: item["date_modified"] for item in items} == updated


def test_the_topics_page_tells_feed_readers_where_its_feeds_are(client: Client) -> None:
    found = client.get("/topics/agents/").content.decode()
    for kind, path in (("atom+xml", "atom.xml"), ("feed+json", "feed.json")):
        assert f'type="application/{kind}"' in found
        assert f'href="/topics/agents/{path}"' in found
