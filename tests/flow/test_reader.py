"""What a reader does, in a real browser: with a backtest while choosing, and without JavaScript."""

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from digest.models import Topic
from subscriptions import outbox
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber, Vote
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox, local_mailbox
from tests.factories import edition, reader, record, topic
from tests.services.axe import violations
from tests.subscriptions.browsing import stored

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
READER = "new.reader@university.example"


@pytest.fixture(autouse=True)
def site(mailing_site: str) -> str:
    """A site with a day of papers, whose mails stay in a local mailbox."""
    topic("agents", "agents", name="Agents")
    topic("quantization", "quant*", name="Quantization")
    edition("Agents that read manuals", "Agents at sea", "Quantized caches", "Speech without words")
    return mailing_site


@pytest.fixture
def without_javascript(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def mailed(to: str, beginning: str) -> str:
    """Hand over what waits; the newest mail's link that begins so."""
    outbox.deliver(LocalMailbox())
    for entry in local_mailbox.entries(to).entries:
        mail = local_mailbox.read(entry.key)
        assert mail is not None
        if found := re.search(rf"https?://[^\s>]+?{re.escape(beginning)}[^\s>]+", mail.text):
            return found.group()
    raise AssertionError(f"no mail to {to} links to {beginning}")


def sign_up_and_confirm(page: Page) -> None:
    page.get_by_label("Your email address").fill(READER)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    page.goto(mailed(READER, "/c/"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()


@pytest.mark.usefixtures("checkers")
def test_the_backtest_follows_the_choice_while_it_is_made(page: Page, site: str) -> None:
    page.goto(site)
    said = page.locator(".said")
    page.get_by_role("checkbox", name=re.compile("Agents")).check()
    expect(said).to_have_text(re.compile(": 2 papers"))
    expect(page.locator(".latest")).to_contain_text("Agents that read manuals")
    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading", name=re.compile("Agents at sea"))).to_be_visible()
    page.get_by_text("Your own query").click()
    page.get_by_label(re.compile("Queries")).fill("speech AND (words")
    expect(page.locator("#queries-problem .caret")).to_contain_text("^")
    expect(page.locator("#queries-problem")).to_contain_text("Add “)”.")
    page.get_by_label(re.compile("Queries")).fill("speech AND (words)")
    expect(said).to_have_text(re.compile(": 3 papers"))
    expect(page.locator("#queries-problem")).to_be_empty()
    page.get_by_text("Leave out").click()
    page.get_by_label(re.compile("Never papers with")).fill("sea")
    expect(said).to_have_text(re.compile(": 2 papers"))
    expect(page.locator("#sample-said")).to_have_text(re.compile(": 2 papers"))
    page.get_by_label(re.compile("Queries")).fill("zeppelin")
    page.get_by_role("checkbox", name=re.compile("Agents")).uncheck()
    expect(page.locator(".warning")).to_contain_text("No mail would have come.")
    assert violations(page) == []
    assert page.context.cookies() == []
    page.get_by_label(re.compile("Queries")).fill("speech")
    expect(said).to_have_text(re.compile(": 1 paper"))
    sign_up_and_confirm(page)
    assert Subscriber.objects.get().filter_set.queries == ["speech"]
    assert page.context.cookies() == []


def test_who_ticks_nothing_and_leaves_an_address_gets_what_is_trending(page: Page, site: str) -> None:
    edition(
        *(record(f"Paper {votes}", upvotes=votes) for votes in (3, 94, 20, 41, 7, 12)), now=timezone.now()
    )
    page.goto(site)
    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading", name="Paper 94")).to_be_visible()
    sign_up_and_confirm(page)
    expect(page.get_by_text("The 5 most upvoted papers")).to_be_visible()
    page.goto(mailed(READER, "/r/"))
    titles = page.locator("h3").all_inner_texts()
    assert [title.strip() for title in titles] == ["Paper 94", "Paper 41", "Paper 20", "Paper 12", "Paper 7"]
    expect(page.get_by_text("94 upvotes, first of 6 today")).to_be_visible()


def test_everything_works_without_javascript(without_javascript: Page, site: str) -> None:
    page = without_javascript
    page.goto(site)
    page.get_by_role("checkbox", name=re.compile("Quantization")).check()
    page.get_by_text("Your own query").click()
    page.get_by_label(re.compile("Queries")).fill("(kv")
    page.get_by_role("button", name="Show what I would have had").click()
    expect(page.locator("#queries-problem .caret")).to_contain_text("^")
    page.get_by_label(re.compile("Queries")).fill("")
    page.get_by_role("button", name="Show what I would have had").click()
    expect(page.locator(".said")).to_contain_text(": 1 paper")
    expect(page.locator(".latest")).to_contain_text("Quantized caches")
    sign_up_and_confirm(page)
    page.get_by_role("link", name="Change topics or schedule").click()
    page.locator("summary", has_text="Topics").click()
    page.get_by_role("checkbox", name=re.compile("Agents")).check()
    page.locator("summary", has_text="Preview").click()
    page.get_by_role("button", name="Show what I would have had").click()
    expect(page.locator(".said")).to_contain_text(": 3 papers")
    expect(page.locator(".latest")).to_contain_text("Agents at sea")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert str(Subscriber.objects.get().filter_set) == "Agents, Quantization"


def test_whose_browser_speaks_german_reads_german_from_the_first_page_to_the_mail(
    browser: Browser, site: str
) -> None:
    context = browser.new_context(locale="de-DE", timezone_id="Europe/Berlin")
    page = context.new_page()
    page.goto(site)
    page.get_by_role("checkbox", name=re.compile("Agenten")).check()
    expect(page.locator(".said")).to_have_text("Mittwoch, 5. November 2025: 2 Paper.")
    mail = page.frame_locator("iframe.mail")
    expect(mail.get_by_role("heading", name="Agenten")).to_be_visible()
    page.get_by_text("Eigene Abfrage").click()
    page.get_by_label(re.compile("Abfragen, eine pro Zeile")).fill("speech AND (words")
    expect(page.locator("#queries-problem")).to_contain_text("Diese Klammer wird nie geschlossen. Ergänze")
    expect(page.locator("#queries-problem .caret")).to_contain_text("^")
    page.get_by_label(re.compile("Abfragen, eine pro Zeile")).fill("speech")
    page.get_by_text("Jeden Tag um 07:00 Uhr (Europe/Berlin)").click()
    page.get_by_label("Einmal pro Woche").check()
    page.get_by_label("Wochentag").select_option("Donnerstag")
    expect(page.get_by_text("Jeden Donnerstag um 07:00 Uhr (Europe/Berlin)")).to_be_visible()
    page.get_by_label("Einmal pro Monat").check()
    expect(page.get_by_text("Jeden ersten Donnerstag im Monat um 07:00 Uhr (Europe/Berlin)")).to_be_visible()
    expect(page.get_by_label("Wochentag")).to_be_visible()
    page.get_by_label("Einmal pro Woche").check()
    page.get_by_label("Deine E-Mail-Adresse").fill(READER)
    page.get_by_role("button", name="Abonnieren").click()
    expect(page.get_by_role("heading", name="Sieh in dein Postfach")).to_be_visible()
    page.goto(mailed(READER, "/c/"))
    page.get_by_role("button", name="Bestätigen").click()
    expect(page.get_by_role("heading", name="Dein Abo läuft")).to_be_visible()
    page.get_by_role("link", name="Themen oder Zeitplan ändern").click()
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("status")).to_contain_text(
        "Gespeichert. Dein nächster Digest kommt am Donnerstag"
    )
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    page.locator("summary", has_text="Topics").click()
    page.get_by_role("link", name="What each topic is about").click()
    expect(page.get_by_role("heading", name="Topics")).to_be_visible()
    assert Subscriber.objects.get().language == "de"
    assert context.cookies() == []
    context.close()


def test_a_reader_changes_pauses_takes_the_data_along_and_is_erased(page: Page, site: str) -> None:
    ada = reader("ada@readers.example", queries=["speech"])
    page.goto(signed_links.url("preferences", ada))
    page.get_by_text("Follow", exact=True).click()
    page.get_by_label(re.compile("Authors")).fill("Ada Lovelace")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(page.get_by_label(re.compile("Authors"))).to_have_value("Ada Lovelace")
    page.locator("summary", has_text="Pause").click()
    page.get_by_label("Until, if you know").fill("2099-12-24")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status")).to_contain_text("No mail comes before Thursday, 24 December 2099")
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_role("status")).to_contain_text("Resumed.")
    page.locator("summary", has_text="What is yours").click()
    page.get_by_role("button", name="Download my data").click()
    expect(page.get_by_role("status")).to_contain_text("A letter with the link is on its way")
    page.goto(mailed(ada.email, "/a/export/"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert ada.email in Path(download.value.path()).read_text()
    page.goto(signed_links.url("preferences", ada))
    page.locator("summary", has_text="What is yours").click()
    page.get_by_role("button", name="Delete me").click()
    page.goto(mailed(ada.email, "/a/erase/"))
    page.get_by_role("button", name="Erase everything about me").click()
    expect(page.get_by_role("heading", name="Everything about you is erased")).to_be_visible()
    assert not Subscriber.objects.exists()


def test_a_paper_is_saved_from_a_mail_annotated_on_the_list_and_exported(page: Page, site: str) -> None:
    ada = reader("ada@readers.example", queries=["agents"])
    planner.plan(timezone.now())
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(ada.email).entries[0].key)
    assert mail is not None
    page.set_content(mail.html)
    page.get_by_role("link", name=re.compile("^Save: Agents that read manuals")).click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    page.get_by_role("link", name="ask for it in your preferences").click()
    page.get_by_role("button", name="Open my saved papers").click()
    expect(page.get_by_role("status")).to_contain_text("A letter with the link is on its way")
    page.goto(mailed(ada.email, "/a/saved/"))
    page.get_by_label("Your note").fill("For the reading group")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("status")).to_contain_text("The note is kept.")
    page.get_by_role("searchbox").fill("reading group")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("1 of your 1 paper")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="BibTeX").click()
    assert "Agents that read manuals" in Path(download.value.path()).read_text()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("Taken off your list: Agents that read manuals")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Your note")).to_have_value("For the reading group")
    assert ada.saved_papers.get().note == "For the reading group"
    assert page.context.cookies() == []


def test_leaving_offers_less_and_takes_it_back(page: Page, site: str) -> None:
    ada = reader("ada@readers.example", queries=["speech"])
    page.goto(signed_links.url("unsubscribe", ada))
    page.get_by_role("button", name="Once a week instead").click()
    expect(page.get_by_role("heading", name="Once a week from now on")).to_be_visible()
    page.get_by_role("button", name="Undo: as before").click()
    expect(page.get_by_text("You are subscribed as before")).to_be_visible()
    page.goto(signed_links.url("unsubscribe", ada))
    page.get_by_role("button", name="Pause for four weeks").click()
    page.get_by_role("button", name="Undo: no pause").click()
    page.goto(signed_links.url("unsubscribe", ada))
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("button", name="Undo: keep my digest").click()
    expect(page.get_by_text("You are subscribed as before")).to_be_visible()
    ada.refresh_from_db()
    assert (ada.state, ada.rhythm) == (Subscriber.State.ACTIVE, "daily")
    page.goto(signed_links.url("unsubscribe", ada))
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    ada.refresh_from_db()
    assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_the_archive_leads_from_a_day_to_a_paper_and_from_a_search_to_a_mail(page: Page, site: str) -> None:
    page.goto(site)
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("link", name=re.compile("5 November")).click()
    page.get_by_role("navigation", name="Topics of this day").get_by_role(
        "link", name=re.compile("Agents")
    ).click()
    page.get_by_role("link", name="Agents at sea").first.click()
    expect(page.get_by_role("heading", name="Where it appeared")).to_be_visible()
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Query").fill("agents -sea")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_contain_text("1 paper found.")
    page.get_by_role("link", name="Get this by mail").click()
    expect(page.get_by_label(re.compile("Queries"))).to_have_value("agents -sea")
    expect(page.locator(".said")).to_contain_text(": 1 paper")


@pytest.mark.parametrize("mails", [20, pytest.param(100, marks=pytest.mark.faults)])
def test_a_scanner_that_follows_every_link_of_many_mails_changes_nothing(site: str, mails: int) -> None:
    readers = [reader(f"reader{n}@readers.example", queries=["agents"]) for n in range(mails)]
    planner.plan(timezone.now())
    for ada in readers[:10]:
        Delivery.objects.post(ada, "export", timezone.now())
    assert outbox.deliver(LocalMailbox())["accepted"] == mails + 10
    found = set()
    for entry in local_mailbox.entries(limit=mails + 10).entries:
        mail = local_mailbox.read(entry.key)
        assert mail is not None
        texts = [mail.text, mail.html, *(value for _, value in mail.headers)]
        found |= {link for text in texts for link in re.findall(r"https?://[^\s<>\"']+", text)}
    ours = {link.removeprefix(site).replace("&amp;", "&") for link in found if link.startswith(site)}
    assert len(ours) >= 3 * mails
    before = stored()
    scanner = Client(headers={"User-Agent": "link scanner"})
    for path in ours:
        for request in (scanner.get, scanner.head):
            assert request(path).status_code in {200, 301, 302}, path
    assert stored() == before


def test_a_mail_programs_one_click_needs_no_cookie_and_no_page(site: str) -> None:
    """As a mail program does it (RFC 8058): one POST to the server, with nothing but the body."""
    ada = reader("ada@readers.example", queries=["agents"])
    planner.plan(timezone.now())
    headers = dict(newest_mail(ada.email).headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>").split(">")[0]
    for _ in range(2):  # a mail program may repeat it
        status, answered = posted(address, b"List-Unsubscribe=One-Click")
        assert status == 200
        assert not {"location", "set-cookie"} & {name.lower() for name in answered}
        ada.refresh_from_db()
        assert ada.state == Subscriber.State.UNSUBSCRIBED


def test_less_like_this_is_asked_before_it_counts_and_can_be_taken_back(
    page: Page, site: str, settings: Any
) -> None:
    settings.DEBUG = True  # for the inbox
    ada = reader("ada@readers.example", topics=[Topic.objects.get(slug="agents")], queries=["speech"])
    planner.plan(timezone.now())
    outbox.deliver(LocalMailbox())
    in_mail(page, site, ada.email, "Less like this: Agents at sea")
    expect(page.get_by_role("heading", name="Less like this")).to_be_visible()
    expect(page.get_by_text("Agents at sea")).to_be_visible()
    assert not Vote.objects.exists()
    page.get_by_role("button", name="Less like this").click()
    expect(page.get_by_role("heading", name="Noted: less like this")).to_be_visible()
    vote = Vote.objects.get()
    assert (vote.paper.title, vote.verdict) == ("Agents at sea", "less")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Your vote is taken back.")
    assert not Vote.objects.exists()
    in_mail(page, site, ada.email, "Mute topic: Agents")
    page.get_by_role("button", name="Mute this topic").click()
    expect(page.get_by_role("heading", name="Muted")).to_be_visible()
    ada.refresh_from_db()
    assert str(ada.filter_set) == "speech"
    page.get_by_role("button", name="Undo: bring it back").click()
    expect(page.get_by_role("heading", name="Not muted any more")).to_be_visible()
    ada.refresh_from_db()
    assert str(ada.filter_set) == "Agents, speech"
    assert page.context.cookies() == []


def newest_mail(to: str) -> local_mailbox.Mail:
    """Hand over what waits; the newest mail to this address."""
    outbox.deliver(LocalMailbox())
    mail = local_mailbox.read(local_mailbox.entries(to).entries[0].key)
    assert mail is not None
    return mail


def in_mail(page: Page, site: str, to: str, link: str) -> None:
    """Open the newest mail to this address in the inbox, and follow the first link of this name."""
    page.goto(f"{site}/inbox/?q={to}")
    page.locator(".mail-subject").first.click()
    page.frame_locator("iframe.mail").get_by_role("link", name=link).first.click()


def posted(address: str, body: bytes) -> tuple[int, dict[str, str]]:
    """The status and the headers of the answer to a form that a program sends, redirects not followed."""
    where = urlsplit(address)
    connection = HTTPConnection(where.netloc, timeout=30)
    connection.request("POST", where.path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    connection.close()
    return answer.status, dict(answer.getheaders())
