"""Signing up, as a visitor meets it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import Tag
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from digest.models import Topic
from digest.web.limits import throttling
from subscriptions import tasks
from subscriptions.models import Delivery, Subscriber
from tests.factories import edition, reader, record, topic
from tests.subscriptions.browsing import page, said, words

pytestmark = pytest.mark.django_db
GOOD = {
    "topics": ["agents"],
    "queries": "",
    "time_zone": "Europe/Berlin",
    "hour": "7",
    "rhythm": "daily",
    "weekday": "0",
    "email": "ada@readers.example",
    "website": "",
}


@pytest.fixture(autouse=True)
def agents() -> Iterator[Topic]:
    cache.clear()
    yield topic("agents", "agents")
    cache.clear()


@pytest.fixture(autouse=True)
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each time a worker was told that something waits."""
    seen: list[None] = []
    monkeypatch.setattr(tasks, "wake", lambda: seen.append(None))
    return seen


def sign_up(client: Client, **values: Any) -> Any:
    return client.post("/", GOOD | values)


def test_signing_up_leads_to_check_your_inbox_and_queues_a_confirmation(
    client: Client, wakes: list[None]
) -> None:
    response = sign_up(client)
    assert (response.status_code, response["Location"]) == (302, "/check-your-inbox/")
    subscriber = Subscriber.objects.get()
    assert (subscriber.email, subscriber.state) == ("ada@readers.example", "pending")
    assert (subscriber.time_zone, subscriber.hour) == ("Europe/Berlin", 7)
    assert Delivery.objects.get().kind == "confirm"
    assert len(wakes) == 1


def test_nobody_learns_whether_an_address_is_known(client: Client, agents: Topic) -> None:
    reader("known@readers.example", [agents])
    reader("refused@readers.example", [agents], state=Subscriber.State.REFUSED)
    answers = set()
    for address in ("new@readers.example", "known@readers.example", "refused@readers.example"):
        response = sign_up(client, email=address)
        then = client.get(response["Location"])
        answers.add((response.status_code, response["Location"], response.content, then.content))
    assert len(answers) == 1


def test_no_address_appears_in_the_next_page_or_its_address(client: Client) -> None:
    response = sign_up(client, email="ada@readers.example")
    assert "ada" not in response["Location"]
    assert b"ada@" not in client.get(response["Location"]).content


def test_the_page_after_it_says_what_to_do_when_nothing_comes(client: Client) -> None:
    text = said(client.get("/check-your-inbox/"))
    assert "asked for again after 10 minutes" in text
    assert "spam" in text
    assert "local inbox" not in text


def test_where_mails_stay_on_this_machine_the_inbox_is_one_press_away(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert page(client.get("/check-your-inbox/")).find("a", href="/inbox/")
    settings.EMAIL_URL = "smtp://relay.example"
    assert not page(client.get("/check-your-inbox/")).find("a", href="/inbox/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_that_another_site_sends_in_a_visitors_name_is_refused(headers: dict[str, str]) -> None:
    assert sign_up(Client(headers=headers)).status_code == 403
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}])
def test_a_form_of_this_site_needs_no_cookie(headers: dict[str, str]) -> None:
    visitor = Client(enforce_csrf_checks=True, headers=headers)
    assert visitor.get("/").cookies == {}
    assert sign_up(visitor).status_code == 302
    assert visitor.cookies == {}


def test_what_fills_in_the_hidden_field_sees_success_and_achieves_nothing(
    client: Client, wakes: list[None]
) -> None:
    response = sign_up(client, website="https://spam.example")
    assert (response.status_code, response["Location"]) == (302, "/check-your-inbox/")
    assert not Subscriber.objects.exists()
    assert not wakes


def test_beyond_the_limit_the_answer_says_why_and_when_to_try_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttling, "wait_of_signup", lambda visitor, now: None)
    response = sign_up(client)
    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert "try again in an hour" in said(response)
    assert not Subscriber.objects.exists()


def test_an_address_that_is_too_long_in_ascii_is_refused_with_a_sentence(client: Client) -> None:
    domain = ".".join(["ü" * 57] * 4) + ".example"  # 243 characters as typed
    response = sign_up(client, email=f"ada@{domain}")
    assert response.status_code == 422
    assert "is not a domain name" in said(response)
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    ("wait", "when"),
    [
        (timedelta(seconds=3), "leaves in about 1 minute."),
        (timedelta(minutes=25), "leaves in about 25 minutes."),
        (timedelta(hours=3), "leaves in about 3 hours."),
    ],
)
def test_when_too_many_sign_up_at_once_the_letter_goes_later_and_the_page_says_when(
    client: Client, monkeypatch: pytest.MonkeyPatch, wakes: list[None], wait: timedelta, when: str
) -> None:
    monkeypatch.setattr(throttling, "wait_of_signup", lambda visitor, now: wait)
    before = timezone.now()
    response = sign_up(client)
    assert response.status_code == 302
    assert when in said(client.get(response["Location"]))
    letter = Delivery.objects.get()
    assert before + wait <= letter.not_before <= timezone.now() + wait
    assert not wakes
    assert sign_up(client).status_code == 302
    assert Delivery.objects.count() == 1  # one letter, however often it is asked for meanwhile


def test_what_an_address_claims_of_a_wait_is_shown_only_if_it_is_a_number(client: Client) -> None:
    for wait in ("", "0", "-3", "<b>", "٣", "9" * 400):
        assert "letters leave one after the other" not in said(
            client.get("/check-your-inbox/", {"wait": wait})
        )


def test_a_bad_query_keeps_what_was_entered_and_shows_the_place(client: Client) -> None:
    response = sign_up(client, queries='fine\nkv "cache', hour="18", rhythm="weekly", weekday="4")
    assert response.status_code == 422
    found = page(response)
    assert words(found.find(id="queries")) == 'fine kv "cache'
    assert found.select_one("details[open] #queries") is not None
    assert found.select_one("pre.caret") is not None
    assert 'kv "cache\n   ^' in str(found.select_one("pre.caret"))
    assert "Add the second one." in words(found.find(id="queries-problem"))
    assert found.select_one("input[value=agents][checked]")
    assert found.select_one("#hour option[value='18'][selected]")
    assert found.select_one("input[value=weekly][checked]")
    assert found.select_one("#weekday option[value='4'][selected]")
    assert found.select_one("input[name=email][value='ada@readers.example']")
    assert not Subscriber.objects.exists()


def test_problems_are_summed_up_where_the_focus_is_and_tied_to_their_fields(client: Client) -> None:
    found = page(sign_up(client, email="ada", topics=["gone"], time_zone="Mars/Olympus"))
    summary = found.find(id="problems")
    assert isinstance(summary, Tag)
    assert summary.has_attr("autofocus")
    assert {link["href"] for link in summary.find_all("a")} == {"#topics", "#time_zone", "#email"}
    field = found.find(id="email")
    assert isinstance(field, Tag)
    assert field["aria-invalid"] == "true"
    assert "not an email address" in words(found.find(id=str(field["aria-describedby"]).split()[0]))
    assert "“Mars/Olympus” is not a time zone" in words(found.find(id="time_zone-problem"))


def test_a_fresh_form_has_no_problems_and_lets_the_browser_guess_the_time_zone(client: Client) -> None:
    found = page(client.get("/"))
    assert found.find(id="problems") is None
    zone = found.find(id="time_zone")
    assert isinstance(zone, Tag)
    assert zone.has_attr("data-guess")
    assert words(zone.select_one("option[selected]")) == "UTC"
    assert "Every day at 07:00 in UTC" in words(found.form)


def test_a_time_zone_already_chosen_is_left_alone(client: Client) -> None:
    found = page(sign_up(client, email="", time_zone="Asia/Tokyo"))
    assert not found.select("[data-guess]")
    assert "in Asia/Tokyo" in words(found.form)


def test_topics_show_how_many_papers_of_the_newest_day_they_keep(client: Client) -> None:
    edition("Agents that read manuals", day=date(2025, 11, 4))
    edition("Agents at sea", "Agents at home", "Quantized caches")
    found = page(client.get("/"))
    assert words(found.select_one(".topics label.chip")) == "Agents 2 papers"
    assert "papers of Wednesday, 5 November 2025" in words(found.select_one("fieldset.topics legend"))


def test_before_anything_is_ticked_the_example_is_what_comes_to_who_chooses_nothing(client: Client) -> None:
    edition(*(record(f"Paper {number}", upvotes=number) for number in range(10, 16)))
    found = page(client.get("/"))
    assert "you get the 5 most upvoted papers of each day" in words(found.select_one(".said"))
    sample = found.select_one("section.sample")
    assert "An example digest Trending, the mail of Wednesday, 5 November 2025" in words(sample)
    frame = found.iframe
    assert isinstance(frame, Tag)
    mail = client.get(str(frame["src"])).content.decode()
    assert "Paper 11" in mail
    assert "Paper 10" not in mail


def test_who_ticks_nothing_and_leaves_an_address_gets_the_five_most_upvoted_papers(client: Client) -> None:
    assert sign_up(client, topics=[]).status_code == 302
    assert str(Subscriber.objects.get().filter_set) == "trending (5)"


def test_who_ticks_a_topic_gets_trending_papers_only_if_asked_for(client: Client) -> None:
    sign_up(client, email="ada@readers.example")
    sign_up(client, email="bela@readers.example", trending="3")
    sign_up(client, email="chidi@readers.example", trending="all")
    sets = [str(each.filter_set) for each in Subscriber.objects.order_by("email")]
    assert sets == ["Agents", "Agents, trending (3)", "Agents, trending (all)"]


def test_a_number_of_trending_papers_that_is_not_offered_is_said(client: Client) -> None:
    found = page(sign_up(client, trending="7"))
    assert "“7” is not offered. Choose 3, 5, 10 or all" in words(found.find(id="trending-problem"))


def test_a_link_brings_trending_along(client: Client) -> None:
    edition("Agents")
    found = page(client.get("/?trending=10"))
    assert [field["value"] for field in found.select("[name=trending][checked]")] == ["10"]


def test_before_the_first_paper_there_is_no_example(client: Client) -> None:
    found = page(client.get("/"))
    assert found.iframe is None
    assert words(found.select_one(".said")).startswith(
        "Without a topic, a query or a library you get the 5 most upvoted papers"
    )


def test_the_count_stands_with_the_topics_and_before_them(client: Client) -> None:
    edition("Agents at sea")
    part = page(client.get("/?topics=agents")).select_one("form [data-sample]")
    assert isinstance(part, Tag)
    assert "1 paper" in words(part.select_one(".tally + fieldset.topics, .tally"))
    assert part.select_one(".tally + fieldset.topics")


def test_the_query_language_is_told_by_examples_that_say_what_they_find(client: Client) -> None:
    told = words(page(client.get("/")).find(id="queries-help"))
    assert "quant* every word that begins with “quant”, such as quantization" in told
    assert "begins so" not in told


def test_the_first_digest_is_asked_for_at_once_unless_that_is_unticked(client: Client) -> None:
    assert page(client.get("/")).select_one("input[name=first_at_once][checked]")
    sign_up(client)
    assert not Subscriber.objects.get().first_at_once
    found = page(sign_up(client, email="", first_at_once="on"))
    assert found.select_one("input[name=first_at_once][checked]")
    assert not page(sign_up(client, email="")).select_one("input[name=first_at_once][checked]")


def test_filters_that_somebody_shared_are_filled_in_with_what_they_would_have_brought(client: Client) -> None:
    edition("Agents at sea", "Quantized caches")
    found = page(
        client.get("/?topics=agents&queries=caches&exclude=audio&least_upvotes=0&email=eve@x.example")
    )
    assert found.select_one("input[value=agents][checked]")
    assert words(found.find(id="queries")) == "caches"
    assert words(found.find(id="exclude")) == "audio"
    assert "2 papers" in words(found.select_one(".said"))
    assert "These filters came with the link" in words(found.main)
    assert found.select_one("select[data-guess]")
    assert found.find(id="problems") is None
    assert "eve@" not in str(found)
    addresses = [found.select_one(wanted) for wanted in ("link[rel=canonical]", "meta[property='og:url']")]
    canonical, shown = (str(tag.get("href") or tag.get("content")) for tag in addresses if tag)
    assert canonical.endswith("/")
    assert shown == f"{canonical}?topics=agents&queries=caches&exclude=audio&least_upvotes=0"


def test_a_shared_query_that_cannot_be_read_shows_where(client: Client) -> None:
    found = page(client.get("/?queries=(kv"))
    assert found.select_one("#queries-problem pre.caret")
    assert [link["href"] for link in found.select("#problems a")] == ["#queries"]


def test_topics_no_longer_offered_cannot_be_ticked(client: Client) -> None:
    topic("secret", "secret", enabled=False)
    assert b"secret" not in client.get("/").content
    assert "not offered any more" in words(page(sign_up(client, topics=["secret"])).find(id="topics-problem"))


def test_head_asks_for_nothing(client: Client) -> None:
    response = client.head("/")
    assert (response.status_code, response.content) == (200, b"")
