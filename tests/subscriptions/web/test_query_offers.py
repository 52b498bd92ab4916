"""One press adds the other form of an abbreviation to a query; everything else stays as it was entered."""

from typing import Any

import pytest
from bs4 import Tag
from django.test import Client

from subscriptions.models import Delivery, Subscriber
from subscriptions.web.query_offers import MOST, offers_for
from tests.factories import edition, reader, topic
from tests.subscriptions.browsing import address, form_at, page, words

pytestmark = pytest.mark.django_db
ENTERED = {
    "queries": "MoE\nrobots",
    "time_zone": "Europe/Berlin",
    "hour": "9",
    "rhythm": "weekly",
    "weekday": "2",
    "email": "ada@readers.example",
    "website": "",
}
WIDER = 'MoE OR "mixture of experts"'


def buttons(found: Tag) -> list[str]:
    return [words(button) for button in found.select("#queries-offers button[name=also]")]


def test_sign_up_offers_what_the_abbreviation_of_a_shared_query_stands_for(client: Client) -> None:
    assert buttons(page(client.get("/?queries=MoE"))) == ["MoE: also find “mixture of experts”"]
    assert buttons(page(client.get("/?queries=MoE&lang=de"))) == ["MoE: auch „mixture of experts“ finden"]
    assert buttons(page(client.get("/?queries=robots"))) == []


def test_the_offer_follows_what_is_typed(client: Client) -> None:
    edition("Experts")
    found = page(client.get("/sample/part/", {"queries": "TTS"}))
    assert buttons(found) == ["TTS: also find “test-time scaling”", "TTS: also find “text-to-speech”"]


def test_one_press_widens_the_query_and_signs_nobody_up(client: Client) -> None:
    shown = page(client.get("/?queries=MoE"))
    key = shown.select("#queries-offers button[name=also]")[0]["value"]
    found = page(client.post("/", ENTERED | {"also": key}))
    assert str(found.select("textarea#queries")[0].string).split("\n")[-2:] == [WIDER, "robots"]
    assert buttons(found) == []
    assert found.select("textarea#queries[autofocus]")
    assert found.select("input#email")[0]["value"] == "ada@readers.example"
    assert not found.select("#problems")
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()


def test_enter_in_a_field_still_signs_up_where_something_is_offered(client: Client) -> None:
    form = page(client.get("/?queries=MoE")).select("form#signup")[0]
    first = form.select("button[type=submit]")[0]
    assert not first.has_attr("name")


def test_an_offer_that_is_none_any_more_changes_nothing(client: Client) -> None:
    for key in ("MoE|anything", "", "|"):
        found = page(client.post("/", ENTERED | {"queries": "robots", "also": key, "show": "1"}))
        assert words(found.select("textarea#queries")[0]) == "robots"


def test_preferences_widen_a_query_by_one_press_and_keep_it_when_saved(client: Client) -> None:
    ada = reader("ada@readers.example", [topic("agents", "agents")], queries=["MoE"])
    path = address("preferences", ada)
    found = page(client.get(path))
    assert buttons(found) == ["MoE: also find “mixture of experts”"]
    entered: dict[str, Any] = form_at(client, path)
    pressed = page(client.post(path, entered | {"also": "MoE|mixture of experts"}))
    assert words(pressed.select("details[open] textarea#queries")[0]) == WIDER
    ada.refresh_from_db()
    assert ada.filter_set.queries == ["moe"]
    client.post(path, entered | {"queries": WIDER, "action": "save"})
    ada.refresh_from_db()
    assert ada.filter_set.queries == ['"mixture of experts" OR moe']


def test_a_form_offers_a_few_at_most_and_nothing_for_whom_somebody_follows() -> None:
    assert len(offers_for("LLM RL CoT RAG LoRA DPO")) == MOST
    assert offers_for('org:"MoE"') == ()
    assert len(offers_for("MoE\nMoE agents")) == 1


def test_search_links_to_the_wider_query(client: Client) -> None:
    edition("A mixture of experts")
    found = page(client.get("/search/", {"q": "MoE"}))
    (link,) = found.select(".offers a")
    assert words(link) == "MoE: also find “mixture of experts”"
    wider = page(client.get(str(link["href"])))
    assert "A mixture of experts" in words(wider)
    assert not wider.select(".offers")
