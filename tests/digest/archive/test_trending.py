"""Trending for anybody: the pages of the archive, their feeds, and what other pages say of them."""

import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from xml.etree.ElementTree import fromstring

import pytest
from django.core.cache import cache
from django.test import Client

from digest.archive import trending
from digest.models import Paper, Release
from digest.selection.trending import Contest
from tests.digest.archive.pages import page, titles, words
from tests.factories import DAY, NOW, edition, record, source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def papers(day: date = DAY, of: str = "huggingface", **votes: int | None) -> None:
    listed = (record(name.capitalize(), upvotes=number) for name, number in votes.items())
    edition(*listed, day=day, of=of)


def test_each_span_shows_its_papers_the_most_upvoted_first(client: Client) -> None:
    papers(DAY - timedelta(days=20), old=900)
    papers(DAY - timedelta(days=5), recent=500)
    papers(DAY - timedelta(days=1), yesterday=40)
    papers(low=3, high=94)
    assert titles(page(client, "/trending/")) == ["High", "Yesterday", "Low"]
    assert titles(page(client, "/trending/week/")) == ["Recent", "High", "Yesterday", "Low"]
    assert titles(page(client, "/trending/month/")) == ["Old", "Recent", "High", "Yesterday", "Low"]
    assert "94 upvotes, first of 3 today" in words(page(client, "/trending/"))
    assert "900 upvotes, first of 5 this month" in words(page(client, "/trending/month/"))


@pytest.mark.parametrize("votes", [30, 3, 0, None])
def test_the_best_of_a_span_are_those_of_a_contest_of_all_its_papers(votes: int | None) -> None:
    chance = random.Random(votes)
    for day in range(4):
        rows = (
            record(
                f"Paper {day} {n}", upvotes=None if votes is None or n % 5 == 4 else chance.randint(0, votes)
            )
            for n in range(40)
        )
        edition(*rows, day=DAY - timedelta(days=day))
    for paper in chance.sample([*Paper.objects.filter(upvotes__gt=0)], 10 if votes else 0):
        release = Release.objects.order_by("-pk")[0]
        release.revisions.create(paper=paper, before={"upvotes": chance.randrange(paper.upvotes)})
    found = trending.ranking("month")
    contest = Contest(tuple(Paper.objects.all()), Release.objects.latest("pk").pk, "month")
    assert found.best == tuple((place.number, contest.reason(place)) for place in contest.places[:50])
    assert (found.among, found.aside) == (len(contest.places), contest.aside)


def test_a_week_whose_papers_are_all_of_one_day_is_still_a_week(client: Client) -> None:
    papers(low=3, high=94)
    assert "94 upvotes, first of 2 this week" in words(page(client, "/trending/week/"))


def test_a_span_that_there_is_not_is_not_found_and_the_day_has_one_address(client: Client) -> None:
    assert client.get("/trending/year/").status_code == 404
    assert client.get("/trending/year/atom.xml").status_code == 404
    assert client.get("/trending/day/")["Location"] == "/trending/"


def test_before_the_first_paper_the_page_says_so_and_its_feeds_are_empty(client: Client) -> None:
    assert "No papers have come in yet" in words(page(client, "/trending/"))
    assert json.loads(client.get("/trending/day/feed.json").content)["items"] == []


def test_both_feeds_hold_the_papers_newest_day_first(client: Client) -> None:
    papers(DAY - timedelta(days=1), yesterday=400)
    papers(low=3, high=94)
    document = json.loads(client.get("/trending/week/feed.json").content)
    assert [item["title"] for item in document["items"]] == ["High", "Low", "Yesterday"]
    assert document["home_page_url"].endswith("/trending/week/")
    feed = fromstring(client.get("/trending/week/atom.xml").content)
    found = feed.findall("{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}title")
    assert [title.text for title in found] == ["High", "Low", "Yesterday"]


def test_the_page_says_which_sources_count_no_votes(client: Client) -> None:
    source("arxiv", title="arXiv")
    papers(high=94)
    papers(of="arxiv", graphs=None)
    found = page(client, "/trending/")
    assert titles(found) == ["High"]
    assert "The papers of arXiv have no votes, so they are not compared." in words(found)


def test_new_votes_show_at_once(client: Client) -> None:
    papers(low=3, high=94)
    assert titles(page(client, "/trending/")) == ["High", "Low"]
    edition(record("Low", upvotes=200), record("High", upvotes=94), now=NOW + timedelta(hours=1))
    assert titles(page(client, "/trending/")) == ["Low", "High"]


def test_the_page_leads_to_getting_it_by_mail_and_every_page_leads_to_it(client: Client) -> None:
    found = page(client, "/trending/")
    assert found.select_one('a.button[href="/?trending=5"]')
    assert page(client, "/archive/").select_one('nav a[href="/trending/"]')
    assert b"/trending/</loc>" in client.get("/sitemap-standing.xml").content
    assert b"/trending/week/</loc>" in client.get("/sitemap-trending.xml").content


def test_a_paper_that_was_only_looked_up_for_somebody_is_not_among_them(client: Client) -> None:
    papers(listed=None)
    Paper.objects.create(key="arxiv:2511.00001", title="For one reader", url="https://example.org/", day=DAY)
    assert titles(page(client, "/trending/")) == ["Listed"]
