"""Which language a page speaks, and how it stays so from page to page, without a cookie."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from subscriptions import outbox
from subscriptions.lib import signed_links
from subscriptions.models import Subscriber
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import edition, reader, topic
from tests.subscriptions.browsing import form_at, page, said
from tests.subscriptions.web.test_signup_views import GOOD

pytestmark = pytest.mark.django_db
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture(autouse=True)
def _papers() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents", name="Agents")
    edition("Agents that read manuals", "Agents at sea")
    yield
    cache.clear()


def language(response: Any) -> str:
    html = page(response).html
    assert html is not None
    assert response.cookies == {}
    return str(html["lang"])


def links_of(found: BeautifulSoup, part: str = "body") -> set[str]:
    return {str(link["href"]) for link in found.select(f"{part} a[href^='/']")}


@pytest.mark.parametrize(
    ("accepted", "spoken"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("fr, de;q=0.8, en;q=0.5", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("*", "en"),
        ("", "en"),
        ("nonsense;;q=,", "en"),
        ("x" * 9000, "en"),
    ],
)
def test_a_page_speaks_what_the_browser_asks_for(client: Client, accepted: str, spoken: str) -> None:
    response = client.get("/topics/", headers={"Accept-Language": accepted})
    assert language(response) == spoken
    assert ("Themen" in said(response)) is (spoken == "de")
    assert "Accept-Language" in response["Vary"]


def test_a_cookie_chooses_no_language_for_caches_do_not_tell_it_apart(client: Client) -> None:
    client.cookies["django_language"] = "de"
    assert language(client.get("/topics/")) == "en"


def test_an_address_that_asks_for_a_language_gets_it_whatever_the_browser_asks_for(client: Client) -> None:
    response = client.get("/topics/?lang=en", headers=GERMAN)
    assert language(response) == "en"
    assert "Vary" not in response
    assert language(client.get("/topics/?lang=de")) == "de"
    assert language(client.get("/topics/?lang=tlh", headers=GERMAN)) == "de"


def test_a_chosen_language_stays_from_link_to_link_and_an_unchosen_one_is_in_no_address(
    client: Client,
) -> None:
    for path in ("/", "/archive/", "/topics/", "/topics/agents/", "/search/?q=agents", "/privacy/"):
        followed = links_of(page(client.get(f"{path}{'&' if '?' in path else '?'}lang=de")))
        assert followed
        assert all("lang=de" in link for link in followed), path
        unchosen = client.get(path, headers=GERMAN)
        assert language(unchosen) == "de"
        assert [link for link in links_of(page(unchosen)) if "lang=" in link] == []


def test_the_switch_at_the_foot_leads_to_the_same_page_in_the_other_language(client: Client) -> None:
    found = page(client.get("/search/?q=agents+-sea&page=1"))
    (switch,) = found.select(".foot a[hreflang]")
    assert (switch.get_text(), switch["lang"]) == ("Deutsch", "de")
    assert switch["href"] == "?q=agents+-sea&page=1&lang=de"
    response = client.get(f"/search/{switch['href']}")
    assert "1 Paper gefunden." in said(response)
    (back,) = page(response).select(".foot a[hreflang]")
    assert back.get_text() == "English"
    assert "1 paper found." in said(client.get(f"/search/{back['href']}", headers=GERMAN))
    hidden = page(response).select_one("form.search [name=lang]")
    assert hidden is not None
    assert hidden["value"] == "de"


def test_the_switch_leads_nowhere_else_whatever_the_address(client: Client) -> None:
    found = page(client.get("//elsewhere.example/", {"x": '"><script>', "lang": "de"}))
    (switch,) = found.select(".foot a[hreflang]")
    assert switch["href"] == "?x=%22%3E%3Cscript%3E&lang=en"


def test_every_language_of_a_page_is_cached_and_found_by_itself(client: Client, settings: Settings) -> None:
    english, german = client.get("/topics/"), client.get("/topics/", headers=GERMAN)
    assert english["ETag"] != german["ETag"]
    match = {"If-None-Match": english["ETag"]}
    assert client.get("/topics/", headers=match).status_code == 304
    assert client.get("/topics/", headers={**match, **GERMAN}).status_code == 200
    found = page(client.get("/topics/?lang=de"))
    site = settings.SITE_URL
    canonical = found.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{site}/topics/?lang=de"
    assert {str(link["hreflang"]): link["href"] for link in found.select("link[hreflang]")} == {
        "x-default": f"{site}/topics/",
        "en": f"{site}/topics/?lang=en",
        "de": f"{site}/topics/?lang=de",
    }


def test_who_signs_up_on_a_german_page_is_written_to_in_german(client: Client) -> None:
    sent = client.post("/?lang=de", GOOD)
    assert sent["Location"] == "/check-your-inbox/?lang=de"
    assert "Sieh in dein Postfach" in said(client.get(sent["Location"]))
    assert Subscriber.objects.get().language == "de"
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries("ada@readers.example").entries[0].key)
    assert mail is not None
    assert "Agenten" in mail.text
    confirm = f"/c/{signed_links.token('confirm', Subscriber.objects.get())}/"
    assert "Bestätige deinen Digest" in said(client.get(confirm))


def test_a_browsers_language_is_enough_to_sign_up_in_it(client: Client) -> None:
    wrong = client.post("/", {**GOOD, "email": "ada", "queries": "kv ("}, headers=GERMAN)
    assert "Das ist keine E-Mail-Adresse." in said(wrong)
    assert "Deine Abfrage ist nicht lesbar. Am Ende fehlt etwas." in said(wrong)
    assert not page(wrong).select(".foot a[hreflang]")  # it would lose what was entered
    client.post("/", GOOD, headers=GERMAN)
    assert Subscriber.objects.get().language == "de"


def test_a_readers_pages_speak_the_readers_language_until_they_choose_another(client: Client) -> None:
    ada = reader(topics=[topic("agents", "agents", name="Agents")], language="de")
    path = f"/p/{signed_links.token('preferences', ada)}/"
    response = client.get(path, headers={"Accept-Language": "en"})
    assert language(response) == "de"
    assert "/topics/?lang=de" in links_of(page(response))
    assert language(client.get(f"{path}?lang=en")) == "en"
    assert language(client.get(f"/u/{signed_links.token('unsubscribe', ada)}/")) == "de"
    assert language(client.get("/p/1-none/", headers=GERMAN)) == "de"
    form = {**form_at(client, path), "language": "en", "action": "save"}
    assert "Saved." in said(client.post(path, form, follow=True, headers=GERMAN))
    assert language(client.get(path, headers=GERMAN)) == "en"


def test_the_shipped_topics_have_german_names_and_an_operators_own_keep_theirs(client: Client) -> None:
    topic("letters", "letters", name="Letters from home")
    found = said(client.get("/topics/?lang=de"))
    assert "Agenten" in found
    assert "Letters from home" in found
    feed = page(client.get("/topics/agents/?lang=de")).select_one("link[type='application/feed+json']")
    assert feed is not None
    told = client.get(str(feed["href"])).json()
    assert (told["title"], told["language"]) == ("Agenten · Paper Digest", "de")
    assert client.get("/topics/agents/feed.json").json()["title"] == "Agents · Paper Digest"


def test_dates_and_numbers_are_written_as_in_german(client: Client) -> None:
    assert "Mittwoch, 5. November 2025" in said(client.get("/archive/2025-11-05/?lang=de"))
    part = client.get("/sample/part/", {"topics": "agents", "lang": "de"})
    assert "Mittwoch, 5. November 2025: 2 Paper." in page(part).get_text()
    assert "Was du bekommen hättest" in page(part).get_text()
    assert b'lang="de"' in client.get("/sample/", {"topics": "agents", "lang": "de"}).content


def test_pages_that_fail_say_so_in_german(client: Client) -> None:
    assert "Hier ist keine Seite" in said(client.get("/nowhere/", headers=GERMAN))
    assert "Diese Anfrage ist nicht lesbar" in said(client.get("/sample/", headers=GERMAN))
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.archive.views.queries.today_counts", lambda: 1 / 0)
        failed = client.get("/topics/", headers=GERMAN)
    assert failed.status_code == 500
    assert "Der Fehler liegt bei uns" in said(failed)


def test_the_operators_tools_stay_english(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    assert language(client.get("/previews/?lang=de")) == "en"
    client.force_login(User.objects.create_superuser("ada"))
    assert b"Operator" in client.get("/admin/", headers=GERMAN).content
    assert b'lang="en' in client.get("/admin/?lang=de", headers=GERMAN).content


@pytest.mark.parametrize(
    "press", [{"action": "pause"}, {"action": "resume"}, {"action": "export"}, {"action": "save"}]
)
def test_a_press_in_the_preferences_is_answered_in_the_language_the_page_was_in(
    client: Client, press: dict[str, str]
) -> None:
    ada = reader(topics=[topic("agents", "agents", name="Agents")])
    path = f"/p/{signed_links.token('preferences', ada)}/?lang=de"
    answer = client.post(path, form_at(client, path) | press, follow=True)
    assert language(answer) == "de"
    ada.refresh_from_db()
    assert ada.language == "en"


def test_emptying_the_inbox_keeps_the_language(client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    assert language(client.post("/inbox/delete/?lang=de", follow=True)) == "de"
