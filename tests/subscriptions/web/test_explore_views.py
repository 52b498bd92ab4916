"""Explore as a visitor and a reader meet it: papers to tick, proposals, and the form that they end in."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.test import Client

from digest.models import Paper
from digest.web.limits import search_budget
from tests.factories import DAY, edition, reader, record, topic
from tests.subscriptions.browsing import PRIVATE, address, page, said, stored, words

pytestmark = pytest.mark.django_db
ONE = "weather soup garden violin harbour pepper".split()
TWO = "lantern saddle orchard meadow anvil candle".split()
THREE = "tower shovel kettle planet ribbon engine magnet barrel".split()


@pytest.fixture(autouse=True)
def _papers() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents", colour="#c2571a")
    speculative = [record(f"Speculative decoding {word}", upvotes=50 - n) for n, word in enumerate(ONE)]
    agents = [record(f"Agents with {word}", upvotes=30 - n) for n, word in enumerate(TWO)]
    others = [record(f"{a} {b} tale") for a, b in combinations(THREE, 2)]
    edition(*speculative, *agents, *others)
    yield
    cache.clear()


def ticked(*titles: str) -> str:
    papers = [Paper.objects.get(title=title).pk for title in titles]
    return "&".join(f"paper={pk}" for pk in papers)


def shown(client: Client, path: str) -> list[str]:
    return [words(title) for title in page(client.get(path)).select(".tick-title")]


def put(found: BeautifulSoup) -> list[str]:
    """What is ticked beforehand among the proposals, as a browser would send it."""
    return [str(box["value"]) for box in found.select("[name=put][checked]")]


def offers(found: BeautifulSoup) -> list[str]:
    return [words(one) for one in found.select(".offer-name")]


def test_twenty_recent_papers_of_all_topics_can_be_ticked(client: Client) -> None:
    titles = shown(client, "/explore/")
    assert len(titles) == 20
    assert titles[:2] == ["Agents with lantern", "Speculative decoding weather"]
    assert said(client.get("/explore/")).count("Tick two or three papers") == 1


def test_more_papers_come_below_and_what_was_ticked_stays_ticked(client: Client) -> None:
    asked = f"/explore/?{ticked('Agents with saddle')}&pages=1&more=1"
    titles = shown(client, asked)
    assert len(titles) > 20
    assert titles[:20] == shown(client, "/explore/")
    boxes = page(client.get(asked)).select("[name=paper][checked]")
    assert [box["value"] for box in boxes] == [str(Paper.objects.get(title="Agents with saddle").pk)]


def test_ticked_papers_become_queries_that_say_how_much_they_bring(client: Client) -> None:
    asked = f"/explore/?{ticked('Speculative decoding soup', 'Speculative decoding garden')}&go=1"
    found = page(client.get(asked))
    assert offers(found)[0] in {"decoding", "speculative", '"speculative decoding"'}
    first = found.select_one(".proposed li")
    assert "about 6 a day · 2 of the 2 papers that you ticked" in words(first)
    assert "Speculative decoding garden" in words(first)
    assert len(offers(found)) <= 5


def test_a_topic_that_would_have_brought_them_is_offered_as_that_topic(client: Client) -> None:
    found = page(client.get(f"/explore/?{ticked('Agents with saddle', 'Agents with orchard')}"))
    assert offers(found)[0] == "Agents"
    assert put(found)[0] == "topic:agents"


def test_one_press_puts_topics_and_queries_into_the_sign_up_form_where_they_can_be_edited(
    client: Client,
) -> None:
    agents, others = ("Agents with saddle", "Agents with orchard"), ("Speculative decoding soup",)
    asked = f"/explore/?{ticked(*agents, *others, 'Speculative decoding violin')}"
    chosen = put(page(client.get(asked)))
    assert len(chosen) >= 2
    response = client.get("/explore/", {"put": chosen}, follow=True)
    assert response.redirect_chain[-1][0].startswith("/?topics=agents&queries=")
    form = page(response)
    area = form.select_one("textarea[name=queries]")
    assert area is not None
    assert area.get_text().split("\n") == [text for text in chosen if text != "topic:agents"]
    assert form.select_one("[name=topics][value=agents][checked]")


def test_a_reader_gets_them_into_their_preferences_and_nothing_is_saved_before_they_save(
    client: Client,
) -> None:
    ada = reader("ada@readers.example", queries=["kv*"])
    path = f"{address('preferences', ada)}explore/"
    client.get(path)  # papers are told apart by topic once, whoever asks first
    before = stored()
    response = client.get(f"{path}?{ticked('Agents with saddle', 'Agents with orchard')}")
    assert {name: response[name] for name in PRIVATE} == PRIVATE
    assert words(page(response).select_one("#proposals button")) == "Put into my preferences"
    response = client.get(path, {"put": ["topic:agents", '"speculative decoding"']}, follow=True)
    form = page(response)
    area = form.select_one("textarea[name=queries]")
    assert area is not None
    assert area.get_text().split("\n") == ["kv*", '"speculative decoding"']
    assert form.select_one("[name=topics][value=agents][checked]")
    assert stored() == before


def test_a_damaged_link_explores_nothing(client: Client) -> None:
    path = f"{address('preferences', reader())}explore/"
    assert client.get(path).status_code == 200
    assert client.get(path.replace("-", "-x", 1)).status_code == 404
    assert client.get("/p/1-x/explore/").status_code == 404


def test_an_empty_query_offers_to_tick_papers_instead(client: Client) -> None:
    ada = reader("ada@readers.example", queries=())
    link = f"{address('preferences', ada)}explore/"
    for path, target in (("/", "/explore/"), ("/search/", "/explore/"), (address("preferences", ada), link)):
        links = page(client.get(path)).select(f"main a[href^='{target}']")
        assert [words(each) for each in links] == ["Tick papers that interest you"], path
    written = page(client.get("/", {"queries": "kv*"}))
    assert not written.select("main a[href^='/explore/']")


def test_the_page_is_in_the_navigation_and_in_the_sitemap(client: Client) -> None:
    assert page(client.get("/")).select_one("nav a[href='/explore/']")
    assert "/explore/</loc>" in client.get("/sitemap-standing.xml").content.decode()


def test_with_few_papers_the_page_says_so_and_leads_to_the_form(client: Client) -> None:
    Paper.objects.exclude(title__startswith="Speculative").delete()
    cache.clear()
    assert "Too few papers have come in yet" in said(client.get("/explore/"))
    Paper.objects.all().delete()
    assert "Too few papers have come in yet" in said(client.get("/explore/"))
    assert "Too few papers have come in yet" in said(client.get("/explore/?paper=1&go=1"))


@pytest.mark.parametrize(
    "asked",
    ["paper=x", "paper=99999999999999999999", "paper=-1", "pages=0", "pages=9e9", "paper=&go=1", "pages=٣"],
)
def test_what_nobody_could_tick_is_as_if_nothing_was(client: Client, asked: str) -> None:
    response = client.get(f"/explore/?{asked}")
    assert response.status_code == 200
    assert len(page(response).select(".tick-title")) >= 20
    assert not page(response).select(".proposed")


def test_papers_that_are_not_recent_propose_nothing(client: Client) -> None:
    edition("Agents of old", day=DAY - timedelta(days=60), of="lab")
    cache.clear()
    found = page(client.get(f"/explore/?{ticked('Agents of old')}"))
    assert len(shown(client, "/explore/")) == 20
    assert "Agents of old" not in shown(client, "/explore/?pages=3")
    assert not offers(found)


def test_while_ticking_only_the_proposals_are_sent_again(client: Client) -> None:
    asked = f"/explore/?{ticked('Agents with saddle')}&pages=1"
    response = client.get(asked, headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert "HX-Request" in response["Vary"]
    assert offers(page(response))[0] == "Agents"
    form = page(client.get("/explore/")).select_one("form[hx-get='/explore/']")
    assert isinstance(form, Tag)
    assert form["hx-target"] == "#proposals"


def test_the_page_costs_its_network_what_searches_cost(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(search_budget, "BUDGET", 0.0)
    assert client.get("/explore/").status_code == 429


def test_the_language_that_was_chosen_stays(client: Client) -> None:
    path = f"/explore/?lang=de&{ticked('Agents with saddle')}"
    found = page(client.get(path))
    assert all(form.select_one("[name=lang][value=de]") for form in found.select("main form"))
    response = client.get("/explore/?lang=de&put=topic:agents")
    assert parse_qs(urlsplit(response["Location"]).query) == {"lang": ["de"], "topics": ["agents"]}


def test_looking_changes_nothing(client: Client, django_assert_max_num_queries: Any) -> None:
    ada = reader("ada@readers.example", queries=["kv*"])
    client.get("/explore/")
    before = stored()
    with django_assert_max_num_queries(40):
        assert client.get(f"/explore/?{ticked('Agents with saddle')}").status_code == 200
    client.get(f"{address('preferences', ada)}explore/?{ticked('Agents with saddle')}")
    assert stored() == before
