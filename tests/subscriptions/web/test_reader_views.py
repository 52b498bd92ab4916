"""Pages behind links in mails: looking changes nothing, pressing does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from digest.models import Topic
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Schedule
from subscriptions.planning import planner
from subscriptions.urls import urlpatterns
from tests.factories import NOW, edition, reader, topic
from tests.subscriptions.browsing import PRIVATE, Purpose, address, page, said, stored

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


def test_crawlers_are_kept_from_every_personal_link(client: Client) -> None:
    rules = client.get("/robots.txt").content.decode().splitlines()
    closed = tuple(rule.removeprefix("Disallow: ") for rule in rules if rule.startswith("Disallow: "))
    patterns = [f"/{entry.pattern}" for entry in urlpatterns]
    personal = [pattern for pattern in patterns if "<str:token>" in pattern]
    assert len(personal) >= 12
    assert [pattern for pattern in personal if not pattern.startswith(closed)] == []


def sent_digest(subscriber: Subscriber) -> str:
    """The web view's address of a digest that is planned for `subscriber`."""
    edition("Agents that read manuals")
    planner.plan(NOW)
    return f"/r/{signed_links.token('read', subscriber, Delivery.objects.get(kind='digest').pk)}/"


def test_a_digests_page_offers_all_its_papers_for_a_reference_manager(
    client: Client, ada: Subscriber
) -> None:
    ada.volume = 1
    ada.save()
    edition("Browser agents")
    path = sent_digest(ada)
    links = [str(link["href"]) for link in page(client.get(path)).select("a[href*='/papers.']")]
    bib, ris = (client.get(link) for link in links)
    assert {*re.findall(r"  title = \{(.*)\}", bib.content.decode())} == {
        "Agents that read manuals",
        "Browser agents",
    }
    assert ris.content.count(b"TY  - ") == 2
    assert bib["Content-Disposition"] == 'attachment; filename="digest-2025-11-05.bib"'
    assert bib.headers.items() >= (PRIVATE | {"Cache-Control": "private, no-cache"}).items()
    assert client.get(links[0], headers={"If-None-Match": bib["ETag"]}).status_code == 304
    assert client.get("/r/1-x/papers.bib").status_code == 404


def test_scanners_that_follow_every_link_change_nothing(
    client: Client, agents: Topic, ada: Subscriber
) -> None:
    paths = [sent_digest(ada)]
    for subscriber in (pending(agents), ada):
        paths += [address(p, subscriber) for p in ("confirm", "preferences", "unsubscribe")]
    before = stored()
    for path in paths:
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
        assert client.get(path + "?List-Unsubscribe=One-Click&action=pause&undo=1").status_code == 200
    assert stored() == before


@pytest.mark.parametrize("purpose", ["confirm", "preferences", "unsubscribe"])
def test_pages_behind_links_stay_out_of_caches_indexes_and_referers(
    client: Client, ada: Subscriber, purpose: Purpose
) -> None:
    for path in (address(purpose, ada), f"/{purpose[0]}/1-forged/"):
        assert client.get(path).headers.items() >= PRIVATE.items()
    assert client.get(address(purpose, ada)).cookies == {}


@pytest.mark.parametrize(
    "path", ["/c/1-x/", "/p/1-x/", "/u/zzzzzzzzzzzzzzzzzzzz-x/", "/r/1-x/", "/u/-/", "/p/é/"]
)
def test_a_damaged_link_is_answered_kindly(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "copy it whole into the address bar" in said(response)


@pytest.mark.parametrize("purpose", ["confirm", "preferences", "unsubscribe"])
def test_a_damaged_link_cannot_be_pressed_either(client: Client, ada: Subscriber, purpose: Purpose) -> None:
    before = stored()
    assert client.post(f"/{purpose[0]}/{ada.pk}-forged/", {"action": "pause"}).status_code == 404
    assert stored() == before


def test_a_revoked_link_no_longer_works(client: Client, ada: Subscriber) -> None:
    path = address("preferences", ada)
    Subscriber.objects.update(link_version=1)
    assert client.get(path).status_code == 404


def test_a_link_is_good_for_its_purpose_only(client: Client, ada: Subscriber) -> None:
    assert client.get(f"/p/{signed_links.token('unsubscribe', ada)}/").status_code == 404
    assert client.get(f"/u/{signed_links.token('preferences', ada)}/").status_code == 404


def test_the_confirmation_page_shows_what_was_asked_for(client: Client, agents: Topic) -> None:
    text = said(client.get(address("confirm", pending(agents))))
    assert "Agents" in text
    assert "kv*" in text
    assert "Every day at 07:00 (Europe/Berlin)" in text


def test_confirming_tells_when_the_first_digest_comes_by_the_readers_clock(
    client: Client, agents: Topic
) -> None:
    response = Client(enforce_csrf_checks=True).post(
        address("confirm", pending(agents)), REMOTE_ADDR="8.8.4.4"
    )
    assert "Your first digest comes on Thursday, 6 November at 07:00 (Europe/Berlin)" in said(response)
    subscriber = Subscriber.objects.get()
    assert subscriber.state == Subscriber.State.ACTIVE
    assert "8.8.4.4" in subscriber.consent


def test_who_confirms_is_told_that_the_first_digest_comes_with_the_welcome(
    client: Client, agents: Topic
) -> None:
    edition("Agents that read manuals")
    path = address("confirm", pending(agents))
    assert "Then your first digest comes at once" in said(client.get(path))
    text = said(client.post(path))
    assert "Your first digest comes with the welcome mail." in text
    assert "Your next digest comes on Thursday, 6 November at 07:00 (Europe/Berlin)" in text


def test_who_confirms_while_no_paper_matches_is_told_when_the_first_digest_comes(
    client: Client, agents: Topic
) -> None:
    edition("Splats")
    text = said(client.post(address("confirm", pending(agents))))
    assert "Your first digest comes on Thursday, 6 November at 07:00 (Europe/Berlin)" in text
    assert "welcome mail" not in text


def test_confirming_again_changes_nothing_and_says_the_same(client: Client, agents: Topic) -> None:
    path = address("confirm", pending(agents))
    first, before = client.post(path), stored()
    again = client.post(path)
    assert said(again) == said(first)
    assert stored() == before


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (Subscriber.State.PAUSED, "Your digest is paused"),
        (Subscriber.State.UNSUBSCRIBED, "no longer confirms anything"),
        (Subscriber.State.REFUSED, "Your mail server refused our mail"),
    ],
)
def test_an_old_confirmation_link_brings_nobody_back(
    client: Client, agents: Topic, state: Subscriber.State, sentence: str
) -> None:
    subscriber = reader(topics=[agents], state=state, next_digest_at=None)
    assert sentence in said(client.post(address("confirm", subscriber)))
    subscriber.refresh_from_db()
    assert subscriber.state == state


def test_a_digest_can_be_read_on_the_web(client: Client, ada: Subscriber) -> None:
    response = client.get(sent_digest(ada))
    assert response.headers.items() >= PRIVATE.items()
    assert b"that read manuals" in response.content
    assert "style-src 'unsafe-inline'" in response["Content-Security-Policy"]


def test_a_letter_about_the_subscription_has_no_web_view(client: Client, ada: Subscriber) -> None:
    letter = Delivery.objects.post(ada, "known", timezone.now())
    assert client.get(f"/r/{signed_links.token('read', ada, letter.pk)}/").status_code == 404


def test_the_link_in_the_list_unsubscribe_header_is_short(ada: Subscriber, settings: Any) -> None:
    settings.SITE_URL = "https://digest.university.example"
    ada.pk = 10_000_000
    assert len(signed_links.url("unsubscribe", ada)) < 70
