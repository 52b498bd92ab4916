"""Starting from a library, as a visitor and a reader meet it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from digest.library.reading import MOST_BYTES, read
from subscriptions.accounts import library
from subscriptions.accounts.library import Library
from subscriptions.models import SavedPaper, Subscriber
from tests.factories import NOW, edition, reader, record, topic
from tests.subscriptions.browsing import address, form_at, page, said, words

pytestmark = pytest.mark.django_db
GOOD = {
    "time_zone": "UTC",
    "hour": "7",
    "rhythm": "daily",
    "weekday": "0",
    "email": "ada@readers.example",
    "library_daily": "10",
    "library_ask": "on",
}
ENTRY = "@article{a, title={By id}, eprint={2311.11111}, archiveprefix={arXiv}}\n"


@pytest.fixture(autouse=True)
def _world() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents")
    edition(record("By id", key="arxiv:2311.11111"))
    yield
    cache.clear()


def sign_up(client: Client, **values: Any) -> Any:
    return client.post("/", GOOD | values)


def file(content: str, name: str = "library.bib") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode())


def rows(subscriber: Subscriber) -> dict[str, str]:
    return dict(subscriber.saved_papers.values_list("key", "lookup"))


def test_somebody_signs_up_with_nothing_but_a_library(client: Client) -> None:
    assert sign_up(client, library="2311.11111\narXiv:2401.00001").status_code == 302
    ada = Subscriber.objects.get()
    assert rows(ada) == {"arxiv:2311.11111": "", "arxiv:2401.00001": "waiting"}
    assert ada.library_daily == 10


def test_a_file_and_pasted_lines_are_one_library(client: Client) -> None:
    response = sign_up(client, library="10.1000/x", library_file=file(ENTRY), library_ask="")
    assert response.status_code == 302
    assert rows(Subscriber.objects.get()) == {"arxiv:2311.11111": "", "doi:10.1000/x": ""}


def test_a_library_only_for_the_order_brings_nothing_by_itself(client: Client) -> None:
    assert sign_up(client, library="2311.11111", library_order_only="on").status_code == 302
    alone = Subscriber.objects.get()
    assert (alone.library_daily, alone.filter_set.trending) == (0, 5)  # as who chooses nothing


def test_lines_that_were_not_understood_are_told_and_another_press_goes_on_without_them(
    client: Client,
) -> None:
    response = sign_up(client, library="2311.11111\nmy favourites", library_file=file("TY  - GEN\nER  - \n"))
    assert response.status_code == 422
    text = said(response)
    assert "Line 2, “my favourites”: it has no arXiv id, no DOI and no link to a paper." in text
    assert "Line 1, “TY - GEN”: it has neither an arXiv id, nor a DOI, nor a title." in text
    kept = words(page(response).select_one("#library"))
    assert kept == "arXiv:2311.11111"
    assert sign_up(client, library=kept).status_code == 302


def test_a_file_is_not_lost_when_something_else_is_wrong(client: Client) -> None:
    response = sign_up(client, library_file=file(ENTRY + "@misc{b, title={Only a title}}"), email="nobody")
    assert response.status_code == 422
    area = page(response).select_one("#library")
    assert area is not None
    again = sign_up(client, library=area.get_text().strip())
    assert again.status_code == 302
    assert [row.title for row in SavedPaper.objects.order_by("pk")] == ["By id", "Only a title"]


def test_what_is_not_understood_never_lists_more_than_can_be_read(client: Client) -> None:
    response = sign_up(client, library="nothing\n" * 300)
    assert said(response).count("it has no arXiv id") <= 40
    assert "280 more lines." in said(response)


def test_a_file_that_is_too_large_is_told_so(client: Client) -> None:
    assert "larger than 900 kB" in said(sign_up(client, library_file=file("x" * (MOST_BYTES + 1))))


def test_a_file_of_another_kind_is_no_library(client: Client) -> None:
    picture = SimpleUploadedFile("picture.png", bytes(range(256)) * 10)
    assert sign_up(client, library_file=picture).status_code == 422
    assert not Subscriber.objects.exists()


def test_the_form_says_who_is_asked_and_when(client: Client) -> None:
    assert "Once I have confirmed, ask arXiv for papers that are not known here." in said(client.get("/"))


def test_preferences_tell_the_library_and_what_is_still_looked_for(client: Client) -> None:
    ada = reader(queries=["agents"])
    library.bring(ada, Library(read("2311.11111\n2401.00001\n2401.00002").entries, ask=True), NOW)
    text = said(client.get(address("preferences", ada)))
    assert "3 papers · still looking for 2" in text
    assert "By id" in text
    SavedPaper.objects.filter(key="arxiv:2401.00001").update(lookup="missing")
    text = said(client.get(address("preferences", ada)))
    assert "still looking for 1 · 1 not found at arXiv" in text


def test_a_reader_adds_a_library_and_removes_a_paper_of_it(client: Client) -> None:
    ada = reader(queries=["agents"])
    path = address("preferences", ada)
    client.post(path, form_at(client, path) | {"library": "2311.11111\n10.1000/x", "library_daily": "3"})
    ada.refresh_from_db()
    assert (set(rows(ada)), ada.library_daily) == ({"arxiv:2311.11111", "doi:10.1000/x"}, 3)
    button = page(client.get(path)).select_one('button[aria-label="Remove: By id"]')
    assert button is not None
    assert button["form"] == "removing", "Enter in a field must not remove a paper"
    client.post(path, {"remove": str(button["value"])})
    assert set(rows(ada)) == {"doi:10.1000/x"}
    ada.refresh_from_db()
    assert ada.library_daily == 3, "removing a paper changes nothing else"


def test_saving_preferences_never_turns_a_list_of_saved_papers_into_a_filter(client: Client) -> None:
    ada = reader(queries=["agents"])
    SavedPaper.objects.create(subscriber=ada, key="doi:10.1000/x", saved_at=NOW)
    path = address("preferences", ada)
    shown = page(client.get(path)).select_one('[name="library_order_only"]')
    assert shown is not None
    assert shown.has_attr("checked")
    client.post(path, form_at(client, path) | {"library_daily": "10", "library_order_only": "on"})
    ada.refresh_from_db()
    assert ada.library_daily == 0


def test_a_saved_paper_is_not_shown_to_whom_a_digest_was_forwarded(client: Client) -> None:
    ada = reader(queries=["agents"])
    SavedPaper.objects.create(subscriber=ada, key="doi:10.1000/x", title="A secret", saved_at=NOW)
    assert "A secret" not in said(client.get(address("preferences", ada)))
