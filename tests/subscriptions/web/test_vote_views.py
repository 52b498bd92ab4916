"""One press in a digest: more or less like a paper, a topic muted. Looking changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from django.core.cache import cache
from django.test import Client

from digest.matching.ranking.relevance_feedback import LEAST_VOTES
from digest.models import Paper
from subscriptions.accounts import preferences, votes
from subscriptions.accounts.preferences import Choices
from subscriptions.emails import web_version
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber, Vote
from subscriptions.planning.planner import next_selection, plan
from tests.digest.matching.ranking.test_likeness import BROWSER
from tests.factories import DAY, NOW, edition, reader, record, topic
from tests.subscriptions.browsing import PRIVATE, address, form_at, page, said, stored

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ada() -> Subscriber:
    return reader("ada@readers.example", [topic("agents", "agents"), topic("boats", "boats")], ["kv*"])


def sent(subscriber: Subscriber, *titles: str | dict[str, Any]) -> Delivery:
    """The digest that brings these papers to `subscriber`."""
    edition(*titles)
    plan(NOW)
    return subscriber.deliveries.get()


def paths(delivery: Delivery) -> dict[str, str]:
    """What the links in a digest lead to, by what they say, for its first paper and its first filter."""
    assert delivery.selection
    start = signed_links.vote_url(delivery.subscriber, delivery.pk).removeprefix("http://localhost:8000")
    paper = delivery.selection.items[0]["paper"]
    return {"more": f"{start}{paper}/more/", "less": f"{start}{paper}/less/", "mute": f"{start}mute/0/"}


def everything() -> list[Any]:
    return [*stored(), *Vote.objects.values()]


def test_scanners_that_follow_every_link_vote_on_nothing_and_mute_nothing(
    client: Client, ada: Subscriber
) -> None:
    found = paths(sent(ada, "Agents that read manuals"))
    before = everything()
    for path in found.values():
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
        assert client.get(path + "?undo=1&action=mute").status_code == 200
        assert client.put(path).status_code == 405
    assert everything() == before


def test_pages_behind_votes_stay_out_of_caches_indexes_and_referers(client: Client, ada: Subscriber) -> None:
    for path in paths(sent(ada, "Agents")).values():
        response = client.get(path)
        assert response.headers.items() >= PRIVATE.items()
        assert response.cookies == {}


@pytest.mark.parametrize(("asked", "other"), [("more", "less"), ("less", "more")])
def test_a_press_votes_without_cookies_the_later_word_counts_and_undo_takes_it_back(
    ada: Subscriber, asked: str, other: str
) -> None:
    browser, found = Client(enforce_csrf_checks=True), paths(sent(ada, "Agents that read manuals"))
    assert "Agents that read manuals" in said(browser.get(found[asked]))
    assert f"Noted: {asked} like this" in said(browser.post(found[asked]))
    assert f"Noted: {asked} like this" in said(browser.get(found[asked]))
    assert f"You asked for {asked} like it before" in said(browser.get(found[other]))
    browser.post(found[other])
    vote = Vote.objects.get()
    assert (vote.subscriber, vote.verdict, vote.delivery, vote.at) == (ada, other, ada.deliveries.get(), NOW)
    undo = page(browser.get(found[other])).select_one("button[name=undo]")
    assert isinstance(undo, Tag)
    assert "taken back" in said(browser.post(found[other], {"undo": undo["value"]}))
    assert not Vote.objects.exists()


def test_pressing_twice_is_one_vote(client: Client, ada: Subscriber) -> None:
    path = paths(sent(ada, "Agents"))["more"]
    client.post(path)
    before = Vote.objects.values().get()
    assert client.post(path).status_code == 200
    assert Vote.objects.values().get() == before


def test_the_page_says_how_many_votes_it_takes_yet(client: Client, ada: Subscriber) -> None:
    edition(*(f"Agents {number}" for number in range(LEAST_VOTES)))
    plan(NOW)
    delivery = ada.deliveries.get()
    start = signed_links.vote_url(ada, delivery.pk).removeprefix("http://localhost:8000")
    assert delivery.selection
    told = [said(client.post(f"{start}{item['paper']}/more/")) for item in delivery.selection.items]
    assert "once you have voted 4 more times:" in told[0]
    assert "once you have voted 1 more time:" in told[3]
    assert "From your next digest on, papers like it rank higher" in told[4]


def test_before_the_press_the_page_says_what_it_would_do(client: Client, ada: Subscriber) -> None:
    found = paths(sent(ada, "Agents"))
    first = said(client.get(found["less"]))
    assert "Papers like it will rank lower once you have voted 4 more times" in first
    assert "Which papers you get stays as it is" in first
    assert "It can be taken back." in first
    client.post(found["more"])
    assert "Papers like it will rank lower once you have voted 4 more times" in said(
        client.get(found["less"])
    )


def test_asking_for_more_offers_all_papers_like_it_as_a_query_that_is_added_on_saving(
    client: Client, ada: Subscriber
) -> None:
    found = paths(sent(ada, record(BROWSER.title, BROWSER.abstract, key="arxiv:2511.00001")))
    assert page(client.get(found["less"])).find("a", string="Get papers like this by mail") is None
    link = page(client.get(found["more"])).find("a", string="Get papers like this by mail")
    assert isinstance(link, Tag)
    path = str(link["href"]).removeprefix("http://localhost:8000")
    before = everything()
    shown = form_at(client, path)
    assert everything() == before
    assert shown["queries"].split("\n") == ["kv*", "like:2511.00001"]
    assert client.post(path, {**shown, "action": "save"}).status_code == 302
    ada.refresh_from_db()
    assert ada.filter_set
    assert ada.filter_set.own_queries == ("kv*", "like:2511.00001")


def test_who_has_left_is_not_promised_a_next_digest_without_a_word(client: Client, ada: Subscriber) -> None:
    found = paths(sent(ada, "Agents"))
    word = "You get no digests any more. What you press here counts if you come back."
    for path in found.values():
        assert word not in said(client.get(path))
    Subscriber.objects.update(state="unsubscribed", next_digest_at=None)
    for path in found.values():
        assert word in said(client.get(path))


def test_pages_behind_a_digest_lead_back_to_it_and_to_the_readers_preferences(
    client: Client, ada: Subscriber
) -> None:
    delivery = sent(ada, "Agents")
    read = signed_links.url("read", ada, delivery.pk)
    for path in paths(delivery).values():
        for answer in (client.get(path), client.post(path)):
            back = page(answer).find("a", string="Back to the digest")
            assert isinstance(back, Tag)
            assert str(back["href"]).startswith(read)
            assert client.get(str(back["href"])).status_code == 200
    links = [str(link["href"]) for link in page(client.get(paths(delivery)["mute"])).find_all("a")]
    assert signed_links.url("preferences", ada) in links


def test_a_digest_offers_to_mute_only_where_another_filter_is_left(ada: Subscriber) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")])
    sent(ada, "Agents")
    for subscriber, offered in ((ada, True), (bela, False)):
        letter = web_version.read_html(subscriber.deliveries.get())
        assert ("Mute topic" in letter) is offered


def test_only_papers_and_filters_of_that_very_digest_can_be_voted_on(client: Client, ada: Subscriber) -> None:
    delivery = sent(ada, "Agents", "Robots")
    start = signed_links.vote_url(ada, delivery.pk).removeprefix("http://localhost:8000")
    robots = Paper.objects.get(title="Robots").pk
    for path in (f"{robots}/more/", f"{10**30}/more/", "0/more/", "mute/3/", f"mute/{10**30}/"):
        assert client.get(start + path).status_code == 404
        assert client.post(start + path).status_code == 404
    agents = Paper.objects.get(title="Agents").pk
    assert client.post(f"{start}{agents}/most/").status_code == 404
    assert not Vote.objects.exists()


def test_papers_carried_over_from_a_lost_digest_can_be_voted_on(client: Client, ada: Subscriber) -> None:
    sent(ada, "Agents")
    Delivery.objects.update(state="unknown")
    plan(TOMORROW)
    path = signed_links.vote_url(ada, ada.deliveries.latest("pk").pk).removeprefix("http://localhost:8000")
    assert client.post(f"{path}{Paper.objects.get().pk}/more/").status_code == 200


def test_a_vote_link_is_good_for_one_digest_and_until_revoked(client: Client, ada: Subscriber) -> None:
    delivery = sent(ada, "Agents")
    path = paths(delivery)["more"]
    token = signed_links.token("vote", ada, delivery.pk)
    assert client.get(path.replace(token, signed_links.token("read", ada, delivery.pk))).status_code == 404
    assert (
        client.get(path.replace(token, signed_links.token("vote", ada, delivery.pk + 1))).status_code == 404
    )
    assert client.get(f"/r/{token}/").status_code == 404
    Subscriber.objects.update(link_version=1)
    assert client.post(path).status_code == 404


def test_a_letter_without_papers_cannot_be_voted_on(client: Client, ada: Subscriber) -> None:
    letter = Delivery.objects.create(subscriber=ada, kind="known", due_at=NOW, not_before=NOW)
    start = signed_links.vote_url(ada, letter.pk).removeprefix("http://localhost:8000")
    assert client.get(f"{start}mute/0/").status_code == client.get(f"{start}1/more/").status_code == 404


def test_a_muted_topic_brings_no_more_papers_and_undo_brings_it_back(client: Client, ada: Subscriber) -> None:
    path = paths(sent(ada, "Agents"))["mute"]
    assert "Mute this topic" in said(client.get(path))
    assert "Muted" in said(client.post(path))
    assert str(Subscriber.objects.get().filter_set) == "Boats, kv*"
    Delivery.objects.update(state="accepted")
    edition("More agents", "More boats", day=DAY + timedelta(days=1))
    selection = next_selection(Subscriber.objects.get())
    assert [Paper.objects.get(pk=item["paper"]).title for item in selection.items] == ["More boats"]
    assert "Not muted any more" in said(client.post(path, {"undo": "1"}))
    assert str(Subscriber.objects.get().filter_set) == "Agents, Boats, kv*"


def test_a_query_of_ones_own_can_be_muted_too(client: Client, ada: Subscriber) -> None:
    path = paths(sent(ada, "Agents"))["mute"].replace("mute/0", "mute/2")
    assert "Muted" in said(client.post(path))
    assert str(Subscriber.objects.get().filter_set) == "Agents, Boats"
    client.post(path, {"undo": "1"})
    assert str(Subscriber.objects.get().filter_set) == "Agents, Boats, kv*"


def test_muting_leaves_alone_what_the_reader_chose_since(client: Client, ada: Subscriber) -> None:
    path = paths(sent(ada, "Agents"))["mute"]
    client.post(path)
    preferences.save(ada, Choices((topic("robots", "robots"),), ("gpu*",), ada.schedule), NOW)
    client.post(path)
    assert str(Subscriber.objects.get().filter_set) == "Robots, gpu*"
    client.post(path, {"undo": "1"})
    assert str(Subscriber.objects.get().filter_set) == "Agents, Robots, gpu*"


def test_the_only_topic_cannot_be_muted(client: Client) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")])
    path = paths(sent(bela, "Agents"))["mute"]
    response = client.post(path)
    assert "This is all you chose" in said(response)
    assert page(response).find("button") is None
    assert str(Subscriber.objects.get().filter_set) == "Agents"


def test_a_topic_beside_which_only_a_disabled_one_is_left_counts_as_the_only_one(client: Client) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents"), topic("off", "off", enabled=False)])
    assert "This is all you chose" in said(client.post(paths(sent(bela, "Agents"))["mute"]))


def test_a_topic_that_was_removed_is_named_as_such(client: Client, ada: Subscriber) -> None:
    path = paths(sent(ada, "Agents"))["mute"]
    ada.filter_set.topics.get(slug="agents").delete()
    assert "not offered any more" in said(client.post(path, {"undo": "1"}))


def test_muting_moves_nothing_that_a_planner_moves(ada: Subscriber) -> None:
    delivery = sent(ada, "Agents")
    muting = votes.Muting.of(Delivery.objects.select_related("subscriber", "selection").get(), 0)
    Subscriber.objects.update(next_digest_at=TOMORROW, covered=77)
    assert muting
    muting.mute()
    ada.refresh_from_db()
    assert (ada.next_digest_at, ada.covered) == (TOMORROW, 77)
    assert delivery.subscriber_id == ada.pk


def test_trending_can_be_muted_beside_topics_and_brought_back(client: Client) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")], chosen={"trending": 3})
    path = paths(sent(bela, "Agents"))["mute"].replace("mute/0", "mute/1")
    assert "Trending" in said(client.get(path))
    assert "Muted" in said(client.post(path))
    assert str(Subscriber.objects.get(pk=bela.pk).filter_set) == "Agents"
    client.post(path, {"undo": "1"})
    assert str(Subscriber.objects.get(pk=bela.pk).filter_set) == "Agents, trending (3)"


def test_papers_of_a_muted_topic_are_not_trending_until_it_is_brought_back(client: Client) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")], chosen={"trending": 3})
    path = paths(sent(bela, "Agents", "Boats"))["mute"]
    assert "Muted" in said(client.post(path))
    edition("More agents", "More boats", day=DAY + timedelta(days=1))
    Delivery.objects.update(state="accepted")

    def next_titles() -> list[str]:
        selection = next_selection(Subscriber.objects.get(pk=bela.pk))
        return [Paper.objects.get(pk=item["paper"]).title for item in selection.items]

    assert next_titles() == ["More boats"]
    client.post(path, {"undo": "1"})
    assert next_titles() == ["More agents", "More boats"]


def test_muted_topics_are_shown_with_trending_and_stay_when_preferences_are_saved(client: Client) -> None:
    bela = reader("bela@readers.example", [topic("agents", "agents")], chosen={"trending": 3})
    client.post(paths(sent(bela, "Agents"))["mute"])
    path = address("preferences", Subscriber.objects.get(pk=bela.pk))
    assert "Without papers of what you muted: agents" in said(client.get(path))
    client.post(path, form_at(client, path) | {"hour": "9"})
    assert Subscriber.objects.get(pk=bela.pk).filter_set.muted == ["agents"]
    client.post(path, form_at(client, path) | {"topics": ["agents"]})
    assert Subscriber.objects.get(pk=bela.pk).filter_set.muted is None
