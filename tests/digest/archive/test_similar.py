"""Papers like a paper: beside it on its page, by search, and by the query that its page offers."""

from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client

from digest.models import Paper
from tests.digest.matching.ranking.test_likeness import BROWSER, PHONE, ROBOT
from tests.factories import edition, record

pytestmark = pytest.mark.django_db
BROWSER_KEY, PHONE_KEY, ROBOT_KEY = "arxiv:2511.00001", "arxiv:2511.00002", "doi:10.1000/(robot)"


@pytest.fixture(autouse=True)
def _papers() -> Iterator[None]:
    cache.clear()
    edition(
        record(BROWSER.title, BROWSER.abstract, key=BROWSER_KEY),
        record(PHONE.title, PHONE.abstract, key=PHONE_KEY),
        record(ROBOT.title, ROBOT.abstract, key=ROBOT_KEY),
        record("A title alone", key="arxiv:2511.00004"),
    )
    yield
    cache.clear()


def page(client: Client, path: str, **query: str) -> BeautifulSoup:
    response = client.get(path, query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml")


def titles(found: BeautifulSoup) -> list[str]:
    return [title.get_text() for title in found.select(".papers .title")]


def test_the_page_of_a_paper_shows_papers_like_it_with_the_words_that_carried_it(client: Client) -> None:
    found = page(client, f"/papers/{BROWSER_KEY}/")
    assert titles(found) == [PHONE.title]
    assert "interface" in found.select(".papers .paper")[0].get_text()
    assert [mark.get_text() for mark in found.select(".papers mark")]


def test_a_paper_that_nothing_is_like_says_so(client: Client) -> None:
    found = page(client, f"/papers/{ROBOT_KEY}/")
    assert titles(found) == []
    assert "None has come in yet" in found.get_text()


def test_a_paper_of_too_few_words_offers_no_likeness(client: Client) -> None:
    assert "Similar papers" not in page(client, "/papers/arxiv:2511.00004/").get_text()


@pytest.mark.parametrize("key", [BROWSER_KEY, ROBOT_KEY])
def test_more_like_this_searches_and_signs_up_for_papers_like_it(client: Client, key: str) -> None:
    found = page(client, f"/papers/{key}/")
    search, signing_up = (link["href"] for link in found.select(".like a"))
    own = Paper.objects.get(key=key).title
    assert titles(page(client, str(search)))[0] == own
    form = page(client, str(signing_up)).select_one("textarea[name=queries]")
    assert form
    assert form.get_text().strip().startswith("like:")


def test_search_finds_the_most_alike_first_with_the_reason(client: Client) -> None:
    found = page(client, "/search/", q="like:2511.00002v3")
    assert titles(found) == [PHONE.title, BROWSER.title]
    assert "Why:" in found.select(".papers .paper")[1].get_text()
    assert "Papers most like it come first." in found.get_text()
    assert "most like it" not in page(client, "/search/", q="grounding OR cloth -like:2511.00001").get_text()


def test_likeness_combines_with_words(client: Client) -> None:
    assert titles(page(client, "/search/", q="like:2511.00002 -browser")) == [PHONE.title]
    assert titles(page(client, "/search/", q="like:2511.00002 OR cloth"))[:2] == [PHONE.title, BROWSER.title]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("agents like:2311.99999", "No paper “2311.99999” has come in here"),
        ("like:2511.00004", "Too little is known of the paper “2511.00004”"),
        ("like:agents", "“like:agents” names no paper"),
    ],
)
def test_search_says_what_is_wrong_with_a_liked_paper(client: Client, query: str, said: str) -> None:
    found = page(client, "/search/", q=query)
    assert said in found.get_text()
    caret = found.select_one(".caret")
    assert caret
    assert caret.get_text().splitlines()[1].index("^") == query.index("like:")


def test_a_paper_that_was_first_known_by_its_title_is_still_liked_under_that_name(client: Client) -> None:
    title_key = Paper.objects.get(key=PHONE_KEY).title_key
    assert titles(page(client, "/search/", q=f"like:{title_key}")) == [PHONE.title, BROWSER.title]
