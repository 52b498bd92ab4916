"""Fetching a source's recent days: what is stored, and what is noted for the operator."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings

from digest.ingestion import fetchers
from digest.models import Edition, Paper, Source
from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.jsonl import JSON_LINES
from tests.factories import DAY, NOW, record, source

pytestmark = pytest.mark.django_db

LISTED = json.dumps([{"paper": {"title": "Today's", "submittedOnDailyAt": str(DAY)}}]).encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[date], bytes]], list[str]]:
    """Makes Hugging Face answer for each day as told; gives the addresses it is asked for."""
    asked: list[str] = []

    def answers(answer: Callable[[date], bytes]) -> list[str]:
        def get(url: str, limits: object) -> bytes:
            asked.append(url)
            return answer(date.fromisoformat(parse_qs(urlsplit(url).query)["date"][0]))

        monkeypatch.setattr(fetchers, "fetch_address", get)
        return asked

    return answers


Site = Callable[[Callable[[date], bytes]], list[str]]


def test_a_fetch_asks_for_the_last_days_and_notes_its_success(site: Site) -> None:
    asked = site(lambda day: b"[]")
    assert fetchers.fetch_recent(source(error="was down"), NOW) == []
    days = [date.fromisoformat(parse_qs(urlsplit(url).query)["date"][0]) for url in asked]
    assert days == [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    stored = Source.objects.get()
    assert (stored.error, stored.succeeded_at) == ("", NOW)
    assert not Edition.objects.exists()


def test_a_failed_fetch_notes_why_for_the_operator(site: Site) -> None:
    def answer(day: date) -> bytes:
        raise SourceUnavailable("the host answers 503")

    site(answer)
    with pytest.raises(SourceUnavailable):
        fetchers.fetch_recent(source(), NOW)
    stored = Source.objects.get()
    assert stored.error == "the host answers 503"
    assert stored.succeeded_at is None
    assert stored.checked_at == NOW


def test_a_page_that_changed_yesterday_does_not_stop_today(site: Site) -> None:
    site(lambda day: LISTED if day == DAY else b"<html>somebody else's page</html>")
    with pytest.raises(SourceChanged):
        fetchers.fetch_recent(source(), NOW)
    assert [paper.title for paper in Paper.objects.all()] == ["Today's"]
    stored = Source.objects.get()
    assert "xpected" in stored.error
    assert stored.succeeded_at is None


def test_a_changed_source_is_noted_before_one_that_is_down(site: Site) -> None:
    def answer(day: date) -> bytes:
        if day == DAY:
            raise SourceUnavailable("the host answers 503")
        raise SourceChanged("Expected papers, found none.")

    site(answer)
    with pytest.raises(SourceChanged):
        fetchers.fetch_recent(source(), NOW)
    assert Source.objects.get().error == "Expected papers, found none."


def test_what_is_fetched_must_be_of_a_format_of_the_sources_own(site: Site) -> None:
    """A file of JSON Lines can be ingested by hand; Hugging Face does not answer so."""
    site(lambda day: json.dumps(record("First", day=str(day))).encode())
    with pytest.raises(SourceChanged, match=r"Expected .*Hugging Face"):
        fetchers.fetch_recent(source(), NOW)
    assert not Paper.objects.exists()


def test_a_mirror_is_asked_instead_of_the_site(site: Site, settings: Settings) -> None:
    settings.SOURCE_MIRRORS = {"https://huggingface.co": "https://mirror.example/hub"}
    asked = site(lambda day: b"[]")
    fetchers.fetch_recent(source(), NOW)
    assert asked[0].startswith("https://mirror.example/hub/api/daily_papers?date=2025-11-03")


@pytest.mark.parametrize(
    ("adapter", "found"), [("gone", "found “gone”"), (JSON_LINES.name, "found Papers as JSON Lines")]
)
def test_a_source_that_cannot_be_fetched_says_so(adapter: str, found: str) -> None:
    with pytest.raises(SourceChanged, match=found):
        fetchers.fetch_recent(source("odd", adapter=adapter), NOW)
    assert found in Source.objects.get().error
