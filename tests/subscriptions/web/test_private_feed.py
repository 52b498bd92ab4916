"""A reader's private feed: what came by mail, and nothing else."""

import json
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from django.core.cache import cache
from django.test import Client

from subscriptions import outbox
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox
from tests.factories import NOW, edition, reader, record, topic
from tests.subscriptions.browsing import stored

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def ada() -> Subscriber:
    cache.clear()
    return reader(topics=[topic("agents", "agents", name="<b>Agents</b>")])


def send() -> None:
    planner.plan(NOW)
    outbox.deliver(LocalMailbox())


def feed(subscriber: Subscriber, kind: str = "atom") -> str:
    token = signed_links.token("feed-atom" if kind == "atom" else "feed-json", subscriber)
    return f"/f/{token}/{'atom.xml' if kind == 'atom' else 'feed.json'}"


def test_each_digest_is_an_entry_with_the_mails_subject_papers_and_reasons(
    client: Client, ada: Subscriber
) -> None:
    edition(
        record("Agents that read manuals", "We <i>read</i> & write.", summary="They <i>read</i>."), "Caches"
    )
    send()
    root = fromstring(client.get(feed(ada)).content)
    (entry,) = root.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Agents that read manuals · 5 Nov"
    summary = entry.findtext(f"{ATOM}summary") or ""
    assert "Agents that read manuals" in summary
    assert "Why: title has “Agents”" in summary
    assert "Summary by the source:" in summary
    assert "Caches" not in summary
    assert "<i>" not in summary
    assert "<b>" not in summary
    (item,) = json.loads(client.get(feed(ada, "json")).content)["items"]
    assert item["content_html"] == summary
    assert item["url"].endswith(f"/r/{signed_links.token('read', ada, Delivery.objects.get().pk)}/")


def test_it_tells_what_fell_one_word_short_too(client: Client) -> None:
    cache.clear()
    bela = reader("bela@readers.example", queries=["kv quantization"])
    edition("Quantization of the KV cache", record("KV cache on disk", "Slow and large."))
    send()
    (item,) = json.loads(client.get(feed(bela, "json")).content)["items"]
    assert "<h2>Your query: kv quantization</h2>" in item["content_html"]
    assert "KV cache on disk</a>: “kv” would add it." in item["content_html"]


def test_what_was_not_sent_is_not_in_it(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    planner.plan(NOW)
    assert json.loads(client.get(feed(ada, "json")).content)["items"] == []


def test_the_feed_gives_away_neither_address_nor_preferences(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    send()
    for kind in ("atom", "json"):
        content = client.get(feed(ada, kind)).content.decode()
        assert ada.email not in content
        assert signed_links.token("preferences", ada) not in content


def test_the_feed_is_private_and_reading_it_changes_nothing(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    send()
    before = stored()
    response = client.get(feed(ada))
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert client.get(feed(ada), headers={"If-None-Match": response["ETag"]}).status_code == 304
    assert stored() == before


def test_a_digest_with_a_corrected_title_is_a_changed_entry(client: Client, ada: Subscriber) -> None:
    first = record("Agents that reed manuals", key="arxiv:2511.00001")
    edition(first)
    send()
    edition(first | {"title": "Agents that read manuals"}, now=NOW + timedelta(hours=3))
    (entry,) = fromstring(client.get(feed(ada)).content).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Agents that read manuals · 5 Nov"
    assert entry.findtext(f"{ATOM}published") == NOW.isoformat()
    assert entry.findtext(f"{ATOM}updated") == (NOW + timedelta(hours=3)).isoformat()
    assert client.head(feed(ada))["ETag"] == client.get(feed(ada))["ETag"]


def test_a_revoked_or_foreign_link_opens_no_feed(client: Client, ada: Subscriber) -> None:
    path = feed(ada)
    assert client.get(f"/f/{signed_links.token('preferences', ada)}/atom.xml").status_code == 404
    Subscriber.objects.update(link_version=1)
    assert client.get(path).status_code == 404


def test_each_digest_speaks_the_language_of_its_mail_whoever_asks(client: Client, ada: Subscriber) -> None:
    edition("Agents that read manuals")
    send()
    Subscriber.objects.update(language="de")
    for asked in ("", "?lang=de"):
        document = client.get(feed(ada, "json") + asked, headers={"Accept-Language": "de"}).json()
        (item,) = document["items"]
        assert (document["language"], item["language"]) == ("de", "en")
        assert "Deine Digests" in document["description"]
        assert "Why: title has" in item["content_html"]
        assert "Warum:" not in item["content_html"]
    (entry,) = fromstring(client.get(feed(ada)).content).findall(f"{ATOM}entry")
    assert entry.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def test_every_readers_feed_has_an_id_of_its_own_that_outlives_its_address(
    client: Client, ada: Subscriber
) -> None:
    bela = reader("bela@readers.example", queries=["kv"])

    def id_of(subscriber: Subscriber) -> str:
        subscriber.refresh_from_db()
        return fromstring(client.get(feed(subscriber)).content).findtext(f"{ATOM}id") or ""

    before = id_of(ada)
    assert before.startswith("tag:")
    assert before != id_of(bela)
    Subscriber.objects.update(link_version=1)
    assert id_of(ada) == before
    assert before not in signed_links.url("feed-atom", ada)
