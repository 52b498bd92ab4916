"""What a library would bring, shown while somebody chooses."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from digest.models import Paper
from subscriptions.lib import signed_links
from subscriptions.models import SavedPaper, Subscriber
from tests.factories import DAY, NOW, edition, reader, record, topic
from tests.subscriptions.browsing import page, words
from tests.subscriptions.planning.test_library_digests import QUANTIZATION, ROBOTS, keep, known

pytestmark = pytest.mark.django_db
BROUGHT = "arxiv:2311.11111"
UNKNOWN = "2401.00001\n2401.00002"


@pytest.fixture(autouse=True)
def _world() -> Iterator[None]:
    cache.clear()
    topic("robots", "robot")
    edition(
        record("Low precision, high accuracy", QUANTIZATION, key=BROUGHT),
        record("Four bits suffice", QUANTIZATION),
        record("Walking robots", ROBOTS),
    )
    yield
    cache.clear()


def paste(client: Client, library: str, **fields: Any) -> BeautifulSoup:
    return page(client.post("/sample/library/", {"library": library} | fields))


def held(html: BeautifulSoup) -> str:
    """The library as the page holds it from now on."""
    field = html.select_one("#brought")
    assert isinstance(field, Tag)
    return str(field["value"])


def latest(html: BeautifulSoup) -> list[str]:
    return [words(line).removesuffix(" 5 Nov 2025") for line in html.select(".latest li")]


def test_what_a_pasted_library_would_bring_is_shown_at_once(client: Client) -> None:
    found = paste(client, f"2311.11111\n{UNKNOWN}")
    assert "5 November 2025: 1 paper." in words(found)
    assert latest(found) == ["Four bits suffice"]
    assert "Of your library 1 paper is known here. Still unknown here: 2." in words(found)


def test_a_file_is_read_at_once_too(client: Client) -> None:
    ris = b"TY  - JOUR\nTI  - Low precision, high accuracy\nUR  - https://arxiv.org/abs/2311.11111\nER  - \n"
    assert latest(paste(client, "", library_file=SimpleUploadedFile("mine.ris", ris))) == [
        "Four bits suffice"
    ]


def test_a_library_of_which_nothing_is_known_yet_promises_nothing(client: Client) -> None:
    found = paste(client, UNKNOWN)
    assert "No paper of your library is known here yet" in words(found)
    assert "Still unknown here: 2." in words(found)
    assert not latest(found)
    assert not found.iframe


def test_beside_topics_a_library_counts_what_these_do_not_bring(client: Client) -> None:
    found = paste(client, "2311.11111", topics=["robots"])
    assert [words(share) for share in found.select(".shares li")] == ["Robots 1", "Your library 1"]


def test_a_change_of_a_filter_keeps_the_library_without_sending_it_again(client: Client) -> None:
    library = held(paste(client, f"2311.11111\n{UNKNOWN}"))
    found = page(client.get("/sample/part/", {"topics": ["robots"], "brought": library}))
    assert [words(share) for share in found.select(".shares li")] == ["Robots 1", "Your library 1"]
    assert "Still unknown here: 2." in words(found)
    assert len(library) < 100


def test_the_mail_of_the_sample_has_the_papers_of_the_library_with_the_reason(client: Client) -> None:
    frame = paste(client, "2311.11111").iframe
    assert isinstance(frame, Tag)
    mail = client.get(str(frame["src"])).content.decode()
    assert "Four bits suffice" in mail
    assert "like “Low precision, high accuracy” from your library" in mail


@pytest.mark.parametrize("fields", [{"exclude": "bits"}, {"least_upvotes": "50"}])
def test_what_is_left_out_is_left_out_of_the_library_too(client: Client, fields: dict[str, str]) -> None:
    assert not latest(paste(client, "2311.11111", **fields))


def test_a_library_for_the_order_alone_brings_nothing_in_the_sample(client: Client) -> None:
    found = paste(client, "2311.11111", topics=["robots"], library_order_only="on")
    assert latest(found) == ["Walking robots"]


def test_as_many_come_as_were_asked_for(client: Client) -> None:
    before = DAY - timedelta(days=1)
    edition(*(record(f"Four bits, part {number}", QUANTIZATION) for number in range(5)), day=before)
    found = paste(client, "2311.11111", library_daily="2")
    assert "Last 2 days: 3 papers" in words(found) or "The 2 days to 5 November 2025: 3 papers" in words(
        found
    )


def test_nobody_learns_from_the_sample_what_others_have_in_their_libraries(client: Client) -> None:
    known("Looked up for another reader", key="arxiv:2301.00001")
    assert "No paper of your library is known here yet" in words(paste(client, "2301.00001"))


@pytest.mark.parametrize("forged", ["1.2.3", "WzEsMF0:1vE:xx", "é" * 5000])
def test_a_library_that_was_not_read_here_brings_nothing(client: Client, forged: str) -> None:
    found = page(client.get("/sample/part/", {"topics": ["robots"], "brought": forged}))
    assert latest(found) == ["Walking robots"]
    assert client.get("/sample/", {"brought": forged}).status_code == 400


def test_without_javascript_the_button_shows_what_the_library_would_bring(client: Client) -> None:
    form = {
        "library": f"2311.11111\n{UNKNOWN}",
        "time_zone": "UTC",
        "hour": "7",
        "rhythm": "daily",
        "show": "1",
    }
    html = page(client.post("/", form))
    assert latest(html) == ["Four bits suffice"]
    assert "Still unknown here: 2." in words(html)
    assert Subscriber.objects.count() == 0


def test_a_reader_sees_what_the_library_they_have_brings(client: Client) -> None:
    ada = reader(library_daily=10)
    keep(ada, known("Looked up for Ada"))
    SavedPaper.objects.create(subscriber=ada, key="arxiv:2401.00009", origin="imported", saved_at=NOW)
    html = page(client.get(f"/p/{signed_links.token('preferences', ada)}/"))
    field = html.select_one("[data-sample] [name=listed]")
    assert isinstance(field, Tag)
    found = page(client.get("/sample/part/", {"listed": str(field["value"])}))
    assert set(latest(found)) == {"Four bits suffice", "Low precision, high accuracy"}
    assert "Of your library 1 paper is known here. Still unknown here: 1." in words(found)
    assert Paper.objects.filter(title="Looked up for Ada", source_name="").exists()
