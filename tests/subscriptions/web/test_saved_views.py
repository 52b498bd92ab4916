"""Saved papers: one press in a digest keeps a paper; the list opens by a fresh link alone."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Paper
from subscriptions import tasks
from subscriptions.accounts import data_rights, saved_papers
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, SavedPaper, Subscriber
from subscriptions.planning.planner import plan
from tests.digest.library.reading import entries
from tests.factories import NOW, edition, reader, record, topic
from tests.subscriptions.browsing import PRIVATE, address, page, said, stored

pytestmark = pytest.mark.django_db
ABOUT = "Agents that read manuals"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _nobody_to_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda: None)


@pytest.fixture
def ada() -> Subscriber:
    return reader("ada@readers.example", [topic("agents", "agents")])


def sent(subscriber: Subscriber, *titles: str | dict[str, Any]) -> Delivery:
    """The digest that brings these papers to `subscriber`."""
    edition(*titles)
    plan(NOW)
    return subscriber.deliveries.get(kind="digest")


def press(delivery: Delivery, paper: int | None = None) -> str:
    """Where the link to save a paper of the digest leads, by default its first."""
    assert delivery.selection
    start = signed_links.vote_url(delivery.subscriber, delivery.pk).removeprefix("http://localhost:8000")
    return f"{start}{paper or delivery.selection.items[0]['paper']}/save/"


def read_path(delivery: Delivery) -> str:
    return f"/r/{signed_links.token('read', delivery.subscriber, delivery.pk)}/"


def list_of(subscriber: Subscriber) -> str:
    return f"/a/saved/{signed_links.fresh_token('saved', subscriber, NOW)}/"


def many(subscriber: Subscriber, number: int) -> None:
    """As many saved papers, the last of them saved last."""
    edition(*(f"Paper number {n:04}" for n in range(number)))
    SavedPaper.objects.bulk_create(
        SavedPaper(
            subscriber=subscriber,
            key=paper.key,
            paper=paper,
            title=paper.title,
            saved_at=NOW + timedelta(seconds=n),
        )
        for n, paper in enumerate(Paper.objects.order_by("title"))
    )


def titles(response: Any) -> list[str]:
    return [" ".join(found.get_text().split()) for found in page(response).select(".papers .title")]


def test_a_press_in_the_digest_saves_the_paper_once_and_undo_takes_it_back(ada: Subscriber) -> None:
    browser, path = Client(enforce_csrf_checks=True), press(sent(ada, ABOUT))
    assert "Save this paper" in said(browser.get(path))
    assert "Saved" in said(browser.post(path))
    browser.post(path)
    row = ada.saved_papers.get()
    assert (row.title, row.origin, row.saved_at) == (ABOUT, "saved", NOW)
    assert row.paper == Paper.objects.get()
    assert "off your list" in said(browser.post(path, {"undo": "1"}))
    assert not ada.saved_papers.exists()
    browser.post(path, {"undo": "1"})
    assert not ada.saved_papers.exists()


def test_scanners_that_follow_every_link_save_nothing(client: Client, ada: Subscriber) -> None:
    path = press(sent(ada, ABOUT))
    before = stored()
    for request in (client.get, client.head):
        response = request(path + "?undo=1")
        assert response.status_code == 200
        assert response.headers.items() >= PRIVATE.items()
    assert client.put(path).status_code == 405
    assert stored() == before


def test_the_digest_on_the_web_offers_to_save_each_paper_too(client: Client, ada: Subscriber) -> None:
    delivery = sent(ada, ABOUT, "Agents at sea")
    links = [str(link["href"]) for link in page(client.get(read_path(delivery))).select("a[href$='/save/']")]
    assert len(links) == 2
    for link in links:
        client.post(link)
    assert ada.saved_papers.count() == 2


def test_only_a_paper_of_that_digest_can_be_saved_by_its_link(client: Client, ada: Subscriber) -> None:
    delivery = sent(ada, ABOUT, "Boats")
    other = Paper.objects.get(title="Boats").pk
    for path in (press(delivery, other), press(delivery, 999_999), "/v/1-x/1/save/"):
        assert client.post(path).status_code == 404
    assert not SavedPaper.objects.exists()


def test_a_forwarded_digest_opens_no_list_and_takes_off_nothing_that_was_worked_on(
    client: Client, ada: Subscriber
) -> None:
    delivery = sent(ada, ABOUT)
    path = press(delivery)
    client.post(path)
    saved_papers.annotate(ada.saved_papers.get(), "for the reading group")
    response = client.post(path, {"undo": "1"})
    assert "taken off on the list alone" in said(response)
    assert "reading group" not in response.content.decode()
    assert page(response).select("button") == []
    assert ada.saved_papers.get().note == "for the reading group"
    SavedPaper.objects.update(note="", origin="imported")
    client.post(path, {"undo": "1"})
    assert ada.saved_papers.exists()
    for token in (signed_links.token("vote", ada, delivery.pk), signed_links.token("preferences", ada)):
        assert client.get(f"/a/saved/{token}/").status_code == 404


def test_a_paper_is_saved_once_also_after_its_identity_became_known(client: Client, ada: Subscriber) -> None:
    path = press(sent(ada, ABOUT))
    client.post(path)
    edition(record(ABOUT, key="arxiv:2511.00001"), day=NOW.date() + timedelta(days=1))
    client.post(path)
    assert ada.saved_papers.count() == 1
    assert "Saved" in said(client.get(path))


def test_the_list_is_reached_from_the_preferences_by_a_letter(client: Client, ada: Subscriber) -> None:
    client.post(press(sent(ada, ABOUT)))
    found = page(client.get(address("preferences", ada)))
    assert "Saved papers 1" in " ".join(found.select_one("#saved").get_text(" ").split())  # type: ignore[union-attr]
    response = client.post(address("preferences", ada), {"action": "saved"}, follow=True)
    assert "A letter with the link is on its way" in said(response)
    assert ada.deliveries.filter(kind="saved").count() == 1


def test_an_empty_list_says_how_papers_come_onto_it(client: Client, ada: Subscriber) -> None:
    response = client.get(list_of(ada))
    assert "Press “Save” beside a paper" in said(response)
    assert page(response).select("input, a[download]") == []


def test_the_newest_are_first_and_thousands_are_shown_a_page_at_a_time(
    client: Client, ada: Subscriber, django_assert_max_num_queries: Any
) -> None:
    many(ada, 1200)
    with django_assert_max_num_queries(12):
        first = client.get(list_of(ada))
    assert titles(first)[:2] == ["Paper number 1199", "Paper number 1198"]
    assert "Page 1 of 48" in said(first)
    link = page(first).select_one("a[rel=next]")
    assert isinstance(link, Tag)
    assert titles(client.get(str(link["href"])))[0] == "Paper number 1174"
    assert len(entries(client.get(list_of(ada) + "papers.bib").content.decode())) == 1200


def test_the_list_is_searched_by_query_and_by_the_words_of_notes(client: Client, ada: Subscriber) -> None:
    boats = record("Boats", "Sails and hulls.")
    for listed in (ABOUT, "Robots", boats):
        edition(listed)
    for paper in Paper.objects.all():
        saved_papers.save(ada, paper, NOW)
    edition("Agents that nobody saved")
    saved_papers.annotate(ada.saved_papers.get(title="Robots"), "Ärger mit Greta teilen")
    SavedPaper.objects.create(subscriber=ada, key="doi:10.1234/x", title="A Book on Hulls", saved_at=NOW)

    def found(text: str) -> list[str]:
        return sorted(titles(client.get(list_of(ada), {"q": text})))

    assert found("agent") == [ABOUT]
    assert found("hull") == ["A Book on Hulls", "Boats"]
    assert found("abstract:hulls OR title:robots") == ["Boats", "Robots"]
    assert found("ärger greta") == ["Robots"]
    assert found('"ärger') == []
    assert "None of your saved papers matches" in said(client.get(list_of(ada), {"q": "zebra"}))


def test_a_note_is_kept_in_one_line_and_comes_back_with_an_undone_removal(
    client: Client, ada: Subscriber
) -> None:
    client.post(press(sent(ada, ABOUT)))
    row = ada.saved_papers.get()
    client.post(list_of(ada), {"row": row.pk, "note": " for\u202e the\nreading  group " + "x" * 600})
    row.refresh_from_db()
    assert row.note.startswith("for the reading group xxx")
    assert len(row.note) == 500
    removed = client.post(list_of(ada), {"row": row.pk, "remove": "1"})
    assert f"Taken off your list: {ABOUT}" in said(removed)
    assert not ada.saved_papers.exists()
    undo = page(removed).select_one("button[name=undo]")
    assert isinstance(undo, Tag)
    for _ in range(2):
        assert "on your list again" in said(client.post(list_of(ada), {"undo": undo["value"]}))
    back = ada.saved_papers.get()
    assert (back.key, back.note, back.saved_at, back.paper) == (row.key, row.note, NOW, row.paper)


def test_nobody_touches_the_list_of_another(client: Client, ada: Subscriber) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")])
    client.post(press(sent(ada, ABOUT)))
    row = ada.saved_papers.get()
    client.post(list_of(bela), {"row": row.pk, "note": "x"})
    client.post(list_of(bela), {"row": row.pk, "remove": "1"})
    removed = client.post(list_of(ada), {"row": row.pk, "remove": "1"})
    undo = page(removed).select_one("button[name=undo]")
    assert isinstance(undo, Tag)
    client.post(list_of(bela), {"undo": undo["value"]})
    client.post(list_of(ada), {"undo": str(undo["value"]) + "x"})
    client.post(list_of(ada), {"row": "9" * 40, "remove": "1"})
    assert not SavedPaper.objects.exists()


def test_the_list_is_exported_with_what_is_known_of_each_paper(client: Client, ada: Subscriber) -> None:
    client.post(press(sent(ada, record(ABOUT, key="arxiv:2511.00001", author_names=["Ada Lovelace"]))))
    SavedPaper.objects.create(
        subscriber=ada, key="doi:10.1234/x", title="A Book", saved_at=NOW - timedelta(days=1)
    )
    saved_papers.annotate(ada.saved_papers.get(key="arxiv:2511.00001"), "50% {done} & mine")
    links = [str(link["href"]) for link in page(client.get(list_of(ada))).select("a[download]")]
    bib, ris = (client.get(link) for link in links)
    assert bib.headers.items() >= PRIVATE.items()
    assert [(entry["title"], entry["doi"]) for entry in entries(bib.content.decode()).values()] == [
        (ABOUT, "10.48550/arXiv.2511.00001"),
        ("A Book", "10.1234/x"),
    ]
    assert r"annote = {50\% {\textbraceleft}done{\textbraceright} \& mine}" in bib.content.decode()
    assert bib.content.decode().count("annote") == 1
    assert "N1  - 50% {done} & mine\r\n" in ris.content.decode()
    assert "DO  - 10.1234/x\r\n" in ris.content.decode()
    assert "A Book" not in client.get(links[0], {"q": "agents"}).content.decode()


def test_saved_papers_are_in_the_data_and_go_with_the_reader(client: Client, ada: Subscriber) -> None:
    client.post(press(sent(ada, ABOUT)))
    saved_papers.annotate(ada.saved_papers.get(), "mine")
    told = json.loads(json.dumps(data_rights.everything_about(ada)))["saved_papers"]
    assert [(one["title"], one["note"], one["origin"], one["at"]) for one in told] == [
        (ABOUT, "mine", "saved", NOW.isoformat())
    ]
    data_rights.erase(ada)
    assert not SavedPaper.objects.exists()


def test_a_saved_paper_outlives_the_paper(client: Client, ada: Subscriber) -> None:
    edition(ABOUT)
    saved_papers.save(ada, Paper.objects.get(), NOW)
    SavedPaper.objects.update(paper=None)
    assert titles(client.get(list_of(ada))) == [ABOUT]


def test_a_paper_that_became_known_since_is_shown_as_any_other(client: Client, ada: Subscriber) -> None:
    SavedPaper.objects.create(subscriber=ada, key="arxiv:2511.00001", title="agents?", saved_at=NOW)
    assert "Not in the archive" in said(client.get(list_of(ada)))
    edition(record(ABOUT, key="arxiv:2511.00001"))
    assert titles(client.get(list_of(ada))) == [ABOUT]
    assert "Not in the archive" not in said(client.get(list_of(ada)))


def test_operators_see_how_many_papers_a_reader_saved_and_not_which(
    admin_client: Client, ada: Subscriber
) -> None:
    admin_client.post(press(sent(ada, "Unmistakable agents")))
    shown = admin_client.get(f"/admin/subscriptions/subscriber/{ada.pk}/change/").content.decode()
    assert "Saved papers" in shown
    asked = admin_client.get(f"/admin/subscriptions/subscriber/{ada.pk}/delete/").content.decode()
    assert "Unmistakable" not in asked


@pytest.mark.parametrize(
    ("daily", "said_of_it"), [(0, "From 5 papers on"), (10, "Your list is your library")]
)
def test_the_page_says_that_saved_papers_decide_on_digests_too(
    client: Client, ada: Subscriber, daily: int, said_of_it: str
) -> None:
    delivery = sent(ada, ABOUT)
    Subscriber.objects.update(library_daily=daily)
    assert said_of_it in said(client.get(press(delivery)))
    assert said_of_it in said(client.post(press(delivery)))


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "-1", "²", ""])
def test_a_number_that_no_paper_has_does_nothing(client: Client, ada: Subscriber, number: str) -> None:
    many(ada, 1)
    before = stored()
    assert client.post(list_of(ada), {"row": number, "remove": ""}).status_code == 200
    assert stored() == before
