"""The local mailbox in the browser."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from subscriptions.devtools import inbox_views
from subscriptions.relay import local_mailbox


@pytest.fixture(autouse=True)
def _local(settings: Any, tmp_path: Path) -> None:
    settings.MAILBOX_DIR = tmp_path / "mailbox"
    settings.DEBUG = True


def store(subject: str = "6 papers", recipient: str = "ada@example.org") -> None:
    mail = EmailMessage()
    mail["From"] = "Paper Digest <digest@example.org>"
    mail["Subject"] = subject
    mail.set_content("A paper <b>about</b> agents.")
    mail.add_alternative('<html><head></head><body><a href="/c/1/">Confirm</a></body></html>', subtype="html")
    local_mailbox.store(mail.as_bytes(), "", recipient)


def page(response: Any) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def subjects(response: Any) -> list[str]:
    return [link.get_text() for link in page(response).select(".mail-subject")]


def opened(client: Client) -> str:
    link = page(client.get("/inbox/")).select_one(".mail-subject")
    assert link is not None
    return str(link["href"])


@pytest.mark.django_db
@pytest.mark.parametrize(("debug", "email_url"), [(False, ""), (True, "smtp://relay.example")])
def test_there_is_no_inbox_where_mails_are_real(
    client: Client, settings: Any, debug: bool, email_url: str
) -> None:
    store()
    key = local_mailbox.entries().entries[0].key
    settings.DEBUG, settings.EMAIL_URL = debug, email_url
    for path in ("/inbox/", f"/inbox/{key}/", f"/inbox/{key}/html"):
        assert client.get(path).status_code == 404
    assert client.post("/inbox/delete/").status_code == 404
    assert local_mailbox.entries().total == 1


def test_the_list_shows_the_newest_first_with_an_address_for_each(client: Client) -> None:
    for subject in ("first", "second", "<script>alert(1)</script>"):
        store(subject)
    response = client.get("/inbox/")
    assert subjects(response) == ["<script>alert(1)</script>", "second", "first"]
    assert "A paper <b>about</b> agents." in page(response).get_text()
    assert opened(client).startswith("/inbox/")


def test_mails_to_one_reader_can_be_picked_out(client: Client) -> None:
    store("hers")
    store("his", "bob@example.org")
    response = client.get("/inbox/", {"q": "ADA@"})
    assert subjects(response) == ["hers"]
    assert page(response).select_one("input[name=q][value='ADA@']")


def test_mails_are_found_by_words_of_their_subject_however_it_is_encoded(client: Client) -> None:
    store("Confirm your subscription")
    store("6 Paper zu Überblick, Agenten und vielem mehr, das nicht in eine Zeile dieses Kopfes passt: Ende")
    store("4 papers")
    assert subjects(client.get("/inbox/", {"q": "confirm"})) == ["Confirm your subscription"]
    (german,) = subjects(client.get("/inbox/", {"q": "überblick"}))
    assert subjects(client.get("/inbox/", {"q": "Kopfes passt: ende"})) == [german]
    assert "No mail with “poodle”" in page(client.get("/inbox/", {"q": "poodle"})).get_text()


def test_a_mail_leads_to_the_newer_and_the_older_one_that_were_searched_for(client: Client) -> None:
    for subject in ("week 1", "other", "week 2", "week 3"):
        store(subject)
    found = client.get("/inbox/", {"q": "week"})
    assert subjects(found) == ["week 3", "week 2", "week 1"]
    middle = page(found).select(".mail-subject")[1]["href"]
    opened_mail = page(client.get(str(middle)))
    for which, subject in (("prev", "week 3"), ("next", "week 1")):
        link = opened_mail.select_one(f"nav a[rel={which}]")
        assert link is not None
        assert subject in page(client.get(str(link["href"]))).get_text()
    newest = page(client.get(opened(client)))
    assert not newest.select("nav a[rel=prev]")
    assert newest.select("nav a[rel=next]")


def test_an_open_list_asks_for_itself_and_gets_what_is_new(client: Client) -> None:
    store("first")
    asks = page(client.get("/inbox/")).select_one("#mails[hx-trigger='every 2s']")
    assert asks is not None
    again = str(asks["hx-get"])
    assert client.get(again).status_code == 204
    assert client.get(again)["HX-Reswap"] == "none"
    store("second")
    assert subjects(client.get(again)) == ["second", "first"]


def test_a_snippet_has_the_words_of_the_mail_and_no_addresses(client: Client) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Confirm"
    mail.set_content(
        "Paper Digest\n------------\nPlease confirm ada@example.org:\n"
        "http://localhost:8000/c/token/\nUnsubscribe: <https://x.example/u>"
    )
    local_mailbox.store(mail.as_bytes(), "", "ada@example.org")
    snippet = page(client.get("/inbox/")).select_one(".mail-snippet")
    assert snippet is not None
    assert snippet.get_text() == "Paper Digest Please confirm Unsubscribe:"


def test_pages_lead_to_each_other_and_keep_the_filter(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_views, "PAGE_SIZE", 2)
    for number in range(5):
        store(str(number))
    response = client.get("/inbox/", {"q": "ada", "page": "2"})
    assert subjects(response) == ["2", "1"]
    links = {str(link["rel"]): link["href"] for link in page(response).select(".pager a")}
    assert links == {"['prev']": "/inbox/?q=ada&page=1", "['next']": "/inbox/?q=ada&page=3"}


@pytest.mark.parametrize("number", ["0", "-1", "x", "²", "9" * 30, "99"])
def test_a_page_number_that_makes_no_sense_is_no_failure(client: Client, number: str) -> None:
    store()
    assert client.get("/inbox/", {"page": number}).status_code == 200


def test_a_mail_opens_in_a_frame_without_scripts_whose_links_leave_it(client: Client) -> None:
    store()
    path = opened(client)
    frame = page(client.get(path)).iframe
    assert isinstance(frame, Tag)
    assert "allow-scripts" not in str(frame["sandbox"])
    assert "allow-same-origin" not in str(frame["sandbox"])
    assert "allow-top-navigation-by-user-activation" in str(frame["sandbox"])
    assert frame["src"] == path + "html"
    mail = client.get(path + "html")
    assert b'<base target="_top">' in mail.content
    assert "default-src 'none'" in mail["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("text", "A paper <b>about</b> agents."),
        ("headers", "Paper Digest <digest@example.org>"),
        ("source", "Delivered-To: ada@example.org"),
    ],
)
def test_text_headers_and_source_are_a_tab_away(client: Client, part: str, shown: str) -> None:
    store()
    response = client.get(opened(client), {"show": part})
    assert shown in page(response).get_text()
    current = page(response).select_one("nav [aria-current=page]")
    assert current is not None
    assert current.get_text() == part.capitalize()


def test_a_mail_can_be_seen_in_the_dark_by_day_and_as_on_a_phone(client: Client) -> None:
    mail = EmailMessage()
    mail.set_content(
        "<head><style>@media (prefers-color-scheme:dark) { p { color: white } }</style></head><p>x",
        subtype="html",
    )
    local_mailbox.store(mail.as_bytes(), "", "ada@example.org")
    path = opened(client)
    frame = page(client.get(path, {"show": "dark"})).iframe
    assert isinstance(frame, Tag)
    assert "@media (min-width: 0) {" in client.get(str(frame["src"])).content.decode()
    frame = page(client.get(path, {"show": "phone"})).iframe
    assert isinstance(frame, Tag)
    assert "is-phone" in frame["class"]
    assert "prefers-color-scheme" in client.get(str(frame["src"])).content.decode()


def test_an_unknown_mail_is_not_found(client: Client) -> None:
    assert client.get("/inbox/1.M1P1Q1.gone/").status_code == 404
    assert client.get("/inbox/1.M1P1Q1.gone/html").status_code == 404


def test_emptying_the_inbox_takes_a_press_on_this_site(client: Client) -> None:
    store()
    assert client.get("/inbox/delete/").status_code == 405
    elsewhere = Client(headers={"Origin": "https://elsewhere.example"})
    assert elsewhere.post("/inbox/delete/").status_code == 403
    assert local_mailbox.entries().total == 1
    assert "No mail yet" in page(client.post("/inbox/delete/", follow=True)).get_text()
