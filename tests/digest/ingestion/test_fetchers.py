"""Where a source's addresses are asked, by whom, and how often."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone
from pytest_django import Settings

from digest.ingestion import fetchers, known_answers, politeness
from digest.ingestion.raw_answers import prune
from digest.models import AnswerBody, AskedSite, KnownAnswer
from digest.sources import SourceChanged, SourceUnavailable
from digest.sources.http import ssrf_guard
from digest.sources.http.client import Answer, Validators
from tests.digest.ingestion.hugging_face import SITE, HuggingFace, playing
from tests.factories import DAY, NOW, source

ELSEWHERE = "127.0.0.2"
ADDRESS = f"{SITE}/api/daily_papers?date={DAY}"


@pytest.fixture
def site(settings: Settings) -> Iterator[HuggingFace]:
    with playing() as site:
        settings.SOURCE_MIRRORS = {SITE: site.url}
        yield site


def test_a_mirror_is_asked_instead_of_the_site(site: HuggingFace) -> None:
    assert fetchers.get(ADDRESS) == b"[]"
    assert site.asked == [DAY]


def test_only_a_mirror_may_be_on_this_machine_or_what_the_operator_typed(site: HuggingFace) -> None:
    here = ADDRESS.replace(SITE, site.url)
    with pytest.raises(SourceChanged, match="public address"):
        fetchers.get(here)
    assert fetchers.fetch_address(here) == b"[]"


@pytest.mark.django_db
def test_the_requests_of_all_sources_to_one_site_keep_the_longest_interval_that_one_asks_for() -> None:
    waits: list[float] = []
    for host, interval in [("export.arxiv.org", 3), ("rss.arxiv.org", 1), ("ARXIV.org", 3), ("a.example", 1)]:
        politeness.wait_for_turn(host, interval, waits.append)
    assert waits == [0, *(pytest.approx(seconds, abs=1) for seconds in (3, 6)), 0]


@pytest.fixture
def public_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[HuggingFace]:
    """A server on another address of this machine, which is taken for a public one."""
    public = ssrf_guard.is_public
    monkeypatch.setattr(ssrf_guard, "is_public", lambda address: str(address) == ELSEWHERE or public(address))
    with playing(ELSEWHERE) as site:
        yield site


@pytest.mark.django_db
def test_a_redirect_to_this_machine_is_refused(public_site: HuggingFace, site: HuggingFace) -> None:
    here = ADDRESS.replace(SITE, site.url)
    public_site.redirects_to = here
    with pytest.raises(SourceChanged, match=r"Expected a public address, found 127\.0\.0\.1: not fetched"):
        fetchers.fetch_address(ADDRESS.replace(SITE, public_site.url))
    assert (len(public_site.asked), site.asked) == (1, [])


@pytest.mark.django_db
def test_after_a_long_retry_after_nobody_asks_until_it_is_over(public_site: HuggingFace) -> None:
    address = ADDRESS.replace(SITE, public_site.url)
    public_site.answers, public_site.retry_after = lambda day: 429, "3600"
    with pytest.raises(SourceUnavailable, match="HTTP 429"):
        fetchers.get(address)
    with pytest.raises(SourceUnavailable, match="asked to be left alone until"):
        fetchers.get(address.replace(str(DAY), "2025-11-06"))
    assert public_site.asked == [DAY]


@pytest.mark.django_db
def test_a_site_that_asks_to_be_left_alone_is_by_everybody() -> None:
    waits: list[float] = []
    politeness.rest("export.arxiv.org", 3600)
    with pytest.raises(SourceUnavailable, match=r"arxiv\.org asked to be left alone until"):
        politeness.wait_for_turn("rss.arxiv.org", 3, waits.append)
    politeness.rest("export.arxiv.org", float("inf"))
    assert AskedSite.objects.get().free_at < timezone.now() + timedelta(hours=25)
    AskedSite.objects.update(free_at=timezone.now() + timedelta(seconds=20))
    politeness.wait_for_turn("rss.arxiv.org", 3, waits.append)
    assert waits == [pytest.approx(20, abs=1)]


@pytest.mark.django_db(transaction=True)
def test_processes_that_ask_at_once_ask_one_after_the_other() -> None:
    waits: list[float] = []

    def ask() -> None:
        politeness.wait_for_turn("export.arxiv.org", 5, waits.append)
        connection.close()

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [pytest.approx(seconds, abs=2) for seconds in (0, 5, 10, 15)]


def test_without_a_database_the_pace_is_kept_by_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    def no_database(*_: object) -> None:
        raise DatabaseError("unable to open database file")

    monkeypatch.setattr(politeness, "_take_turn", no_database)
    politeness.wait_for_turn("export.arxiv.org", 3, waits.append)
    politeness.wait_for_turn("127.0.0.1", 3, waits.append)
    assert waits == [3]


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("rss.arxiv.org", "arxiv.org"),
        ("feeds.cs.ox.ac.uk", "ox.ac.uk"),
        ("lab.example.de", "example.de"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
    ],
)
def test_hosts_of_one_owner_are_one_site(host: str, site: str) -> None:
    assert politeness.site_of(host) == site


@pytest.mark.django_db
def test_the_body_that_did_not_change_stays_while_it_is_asked_for() -> None:
    address = known_answers.address_of(ADDRESS, {"x-api-key": "s3cret"})
    known_answers.remember(source(), address, Answer(b"body", Validators('"tag"')), NOW)
    prune(NOW)
    known = known_answers.look_up(address)
    assert known is not None
    assert known_answers.validators_of(known) == Validators('"tag"')
    assert known_answers.body_of(known, NOW + timedelta(days=6)) == b"body"
    known_answers.forget_unused(NOW + timedelta(days=8))
    assert KnownAnswer.objects.count() == 1
    known_answers.forget_unused(NOW + timedelta(days=14))
    prune(NOW)
    assert not KnownAnswer.objects.exists()
    assert not AnswerBody.objects.exists()


@pytest.mark.django_db
def test_an_address_asked_with_another_key_is_another_answer() -> None:
    one, other = (known_answers.address_of(ADDRESS, {"x-api-key": key}) for key in ("one", "other"))
    known_answers.remember(source(), one, Answer(b"body", Validators('"tag"')), NOW)
    assert known_answers.look_up(other) is None
    known_answers.remember(source(), one, Answer(b"new body", Validators()), NOW)
    assert known_answers.look_up(one) is None
