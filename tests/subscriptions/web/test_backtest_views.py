"""The digest a visitor would have had, while they choose."""

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.test import Client

from subscriptions.models import Subscriber
from tests.factories import edition, topic
from tests.subscriptions.browsing import page, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _agents() -> None:
    cache.clear()
    topic("agents", "agents")


def sample(client: Client, **query: Any) -> BeautifulSoup:
    return page(client.get("/sample/part/", query))


def test_the_sample_follows_the_choice(client: Client) -> None:
    edition("Agents that read manuals", "Quantized caches")
    found = sample(client, topics=["agents"], queries="kv*\ncaches")
    assert "Wednesday, 5 November 2025: 2 papers." in words(found)
    assert [words(share) for share in found.select(".shares li")] == ["Agents 1", "kv* 0", "caches 1"]
    assert [words(line) for line in found.select(".latest li")] == [
        "Quantized caches 5 Nov 2025",
        "Agents that read manuals 5 Nov 2025",
    ]
    frame = found.iframe
    assert isinstance(frame, Tag)
    assert frame["src"] == "/sample/?topics=agents&queries=kv%2A%0Acaches&lang=en"
    assert "allow-scripts" not in frame["sandbox"]
    mail = client.get(str(frame["src"]))
    assert b"Agents" in mail.content
    assert b"that read manuals" in mail.content
    assert b'<base target="_blank">' in mail.content


def test_the_sample_never_sees_the_address(client: Client) -> None:
    html = page(client.get("/"))
    for follows in html.select("[hx-get]"):
        sent = html.select(str(follows["hx-include"]))
        assert "queries" in {field.get("name") for part in sent for field in [part, *part.select("[name]")]}
        assert not any(field.name == "form" or field.select("[name=email]") for field in sent)
    for follows in html.select("[hx-post]"):  # htmx sends the whole form, save where fields are named
        assert "email" not in str(follows["hx-params"]).split(", ")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"queries": "(kv"}, "Your choice cannot be read yet."),
        ({"queries": "zeppelin"}, "Wednesday, 5 November 2025: no paper matched."),
        ({"queries": "zeppelin"}, "No mail would have come."),
    ],
)
def test_without_papers_the_sample_says_why(client: Client, choice: dict[str, str], sentence: str) -> None:
    edition("Agents that read manuals")
    found = sample(client, **choice)
    assert sentence in words(found)
    assert found.iframe is None


def test_before_the_first_edition_the_sample_says_so(client: Client) -> None:
    assert "No papers have come in yet." in words(sample(client, topics=["agents"]))


def test_while_typing_the_place_of_a_problem_is_shown_at_the_field(client: Client) -> None:
    problem = sample(client, queries="kv AND").find(id="queries-problem")
    assert isinstance(problem, Tag)
    assert problem["hx-swap-oob"] == "true"
    assert "kv AND\n      ^" in str(problem.pre)


def show(client: Client, **values: str) -> Any:
    """Press the button that is there for browsers without JavaScript."""
    form = {
        "topics": ["agents"],
        "time_zone": "UTC",
        "hour": "7",
        "rhythm": "daily",
        "weekday": "0",
        "show": "1",
    }
    return client.post("/", form | values)


@pytest.mark.parametrize("query", ["", "?queries=(kv", "?topics=astrology"])
def test_a_sample_of_nothing_readable_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/sample/{query}").status_code == 400


def test_without_javascript_a_button_shows_the_sample_and_keeps_everything(client: Client) -> None:
    edition("Agents that read manuals")
    assert page(client.get("/")).select_one("form#signup noscript button[name=show]")
    response = show(client, email="half@")
    assert response.status_code == 200
    found = page(response)
    assert found.iframe is not None
    assert found.select_one("section.sample[autofocus]")
    assert found.find(id="problems") is None
    assert found.select_one("input[name=email][value='half@']")
    assert found.select_one("input[value=agents][checked]")
    assert not Subscriber.objects.exists()


def test_without_javascript_the_button_still_shows_a_bad_query(client: Client) -> None:
    found = page(show(client, queries="(kv", email=""))
    assert found.select_one("pre.caret")
    assert [tag["class"] for tag in found.select("[autofocus]")] == [["problems"]]
    assert "#" not in str(found.select_one("noscript button"))  # a fragment would lead past what is wrong
    assert [link["href"] for link in found.select("#problems a")] == ["#queries"]


def test_the_sample_stays_while_something_else_is_wrong(client: Client) -> None:
    edition("Agents that read manuals")
    form = {
        "topics": ["agents"],
        "queries": "",
        "time_zone": "Mars/Olympus",
        "hour": "x",
        "rhythm": "",
        "email": "",
    }
    for button in ({}, {"show": "1"}):
        assert page(client.post("/", form | button)).iframe is not None
