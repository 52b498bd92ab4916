"""What searches of one network may cost, and that others do not pay for it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from digest.web.limits import search_budget
from digest.web.limits.search_budget import costly
from tests.factories import NOW, edition, record, topic

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _redis(settings: Settings, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = valkey_url
    monkeypatch.setattr(search_budget, "BUDGET", 0.1)


@costly
def search(request: HttpRequest) -> HttpResponse:
    """A search that takes as many milliseconds of the processor as it is asked to."""
    end = time.thread_time() + int(request.GET["ms"]) / 1000
    while time.thread_time() < end:
        pass
    return HttpResponse("found")


def ask(rf: RequestFactory, ms: int, visitor: str = "192.0.2.1") -> HttpResponse:
    return search(rf.get("/search/", {"ms": str(ms)}, REMOTE_ADDR=visitor))


def test_a_network_is_refused_once_its_searches_took_too_long_however_many_they_were(
    rf: RequestFactory,
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        assert [ask(rf, 1).status_code for _ in range(30)] == [200] * 30
        assert ask(rf, 200).status_code == 200
        refused = ask(rf, 1)
        assert refused.status_code == 429
        assert ask(rf, 1, "192.0.2.200").status_code == 429  # of the same network
        assert ask(rf, 1, "198.51.100.1").status_code == 200
        clock.shift(int(refused["Retry-After"]))
        assert ask(rf, 1).status_code == 200


def test_what_a_search_took_is_charged_though_it_failed(rf: RequestFactory) -> None:
    with pytest.raises(KeyError):
        search_that_fails(rf.get("/search/", REMOTE_ADDR="192.0.2.1"))
    assert ask(rf, 1).status_code == 429


@costly
def search_that_fails(request: HttpRequest) -> HttpResponse:
    ask_for = time.thread_time() + 0.2
    while time.thread_time() < ask_for:
        pass
    return HttpResponse(request.GET["nothing"])


def test_a_network_has_two_searches_at_once_and_others_have_theirs(rf: RequestFactory) -> None:
    go_on = threading.Event()
    begun = threading.Semaphore(0)

    @costly
    def slow(_request: HttpRequest) -> HttpResponse:
        begun.release()
        go_on.wait(20)
        return HttpResponse("found")

    with ThreadPoolExecutor(2) as first_two:
        waiting = [first_two.submit(slow, rf.get("/", REMOTE_ADDR=f"192.0.2.{n}")) for n in (1, 2)]
        assert all(begun.acquire(timeout=10) for _ in waiting)
        third = ask(rf, 1, "192.0.2.3")
        assert (third.status_code, third["Retry-After"]) == (429, "1")
        assert ask(rf, 1, "198.51.100.1").status_code == 200
        go_on.set()
        assert [answer.result().status_code for answer in waiting] == [200, 200]
    assert ask(rf, 1).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/search/?q=agents",
        "/sample/part/?queries=agents",
        "/sample/?queries=agents",
        "/?queries=agents",
        "/topics/agents/",
        "/topics/agents/atom.xml",
        "/topics/agents/feed.json",
        "/archive/2025-11-05/",
        "/topics/",
        "/papers/arxiv:2511.00001/",
    ],
)
def test_every_page_that_searches_is_charged_and_the_empty_form_is_open_to_all(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic("agents", "agents")
    edition(record("Agents at work", key="arxiv:2511.00001"))
    monkeypatch.setattr(search_budget, "BUDGET", 0.0005)
    assert client.get(path).status_code == 200
    assert client.get(path).status_code == 429
    assert client.get("/").status_code == 200
    assert client.get("/?utm_source=elsewhere").status_code == 200
    assert client.get("/archive/").status_code == 200
