"""The archive as a visitor meets it: days, topics, papers, search, and what caches and crawlers see."""

from collections.abc import Iterator
from datetime import date
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from digest.archive import sitemaps
from digest.models import Paper
from tests.digest.archive.pages import page, titles, words
from tests.factories import edition, record, topic

pytestmark = pytest.mark.django_db
TUESDAY, WEDNESDAY = date(2025, 11, 4), date(2025, 11, 5)


@pytest.fixture(autouse=True)
def _papers() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents")
    topic("quantization", "quant*")
    edition(record("Agents that read manuals", key="arxiv:2511.00001"), "A quantized agent", day=TUESDAY)
    edition("Caches", record("Agents that read manuals", key="arxiv:2511.00001"), day=WEDNESDAY)
    edition("Agents that read manuals", day=WEDNESDAY, of="lab")
    yield
    cache.clear()


def test_the_archive_lists_every_day_with_its_papers(client: Client) -> None:
    found = page(client, "/archive/")
    assert [words(day) for day in found.select(".days a")] == [
        "Wed 5 Wednesday, 5 November 2025 2 papers",
        "Tue 4 Tuesday, 4 November 2025 2 papers",
    ]
    assert client.get("/archive/2025/").status_code == 200
    assert client.get("/archive/2024/").status_code == 404


def test_a_day_lists_each_paper_once_whatever_sources_had_it(client: Client) -> None:
    found = page(client, "/archive/2025-11-05/")
    assert titles(found) == ["Caches", "Agents that read manuals"]
    assert [words(tag) for tag in found.select(".tags li")] == ["Agents"]
    assert found.select_one("a[rel=prev][href='/archive/2025-11-04/']")
    assert not found.select_one("a[rel=next]")


def test_a_day_can_be_read_by_topic(client: Client) -> None:
    chips = page(client, "/archive/2025-11-04/").select(".chips a")
    assert [words(chip) for chip in chips] == ["All 2", "Agents 2", "Quantization 1"]
    assert titles(page(client, "/archive/2025-11-04/?topic=quantization")) == ["A quantized agent"]


@pytest.mark.parametrize("path", ["/archive/2025-11-06/", "/topics/none/", "/papers/arxiv:0000.00000/"])
def test_what_is_not_there_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_day_that_no_calendar_has_is_not_found(client: Client) -> None:
    assert client.get("/archive/2025-02-30/").status_code == 404


def test_a_topic_lists_its_papers_newest_day_first(client: Client) -> None:
    found = page(client, "/topics/agents/")
    assert titles(found) == ["A quantized agent", "Agents that read manuals"]
    assert "2 papers in the archive, 2 of them from the last 30 days." in words(found.main)
    assert found.select_one("a.button[href='/?topics=agents']")


def test_a_long_topic_comes_in_pages(client: Client) -> None:
    edition(*(f"Agents, part {n}" for n in range(40)), day=date(2025, 11, 6))
    first, second = page(client, "/topics/agents/"), page(client, "/topics/agents/?page=2")
    assert (len(titles(first)), len(titles(second))) == (25, 17)
    assert not set(titles(first)) & set(titles(second))
    assert titles(page(client, "/topics/agents/?page=99")) == titles(second)
    assert titles(page(client, "/topics/agents/?page=x")) == titles(first)
    german = page(client, "/topics/agents/?page=2&lang=de")
    addresses = [str(link["href"]) for link in german.select("link[rel=canonical], link[hreflang]")]
    own, bare, *_ = (address.partition("/topics/agents/")[2] for address in addresses)
    assert (own, bare) == ("?page=2&lang=de", "?page=2")


@pytest.mark.parametrize("path", ["/topics/agents/?", "/search/?q=agents&"])
@pytest.mark.parametrize("number", ["9" * 5000, "٣", "0", "-1", "1e9", ""])
def test_a_page_number_that_is_none_shows_the_first_page(client: Client, path: str, number: str) -> None:
    edition(*(f"Agents, part {n}" for n in range(30)), day=date(2025, 11, 6))
    assert titles(page(client, f"{path}page={number}")) == titles(page(client, f"{path}page=1"))


def test_a_topic_that_is_not_offered_has_no_page(client: Client) -> None:
    topic("agents", "agents", enabled=False)
    assert client.get("/topics/agents/").status_code == 404
    assert client.get("/topics/agents/atom.xml").status_code == 404


def test_a_papers_page_has_the_whole_abstract_and_says_where_it_appeared(client: Client) -> None:
    abstract = "We read manuals. " * 90 + "The end."
    names = ["Ada Lovelace", "Bob Example"]
    edition(record("A long one", abstract, key="arxiv:2511.00009", author_names=names), day=WEDNESDAY)
    edition(record("A long one", abstract, key="arxiv:2511.00009"), day=TUESDAY, of="lab")
    found = page(client, "/papers/arxiv:2511.00009/")
    assert words(found.select_one(".abstract")) == " ".join(abstract.split())
    assert words(found.select_one(".authors")) == "Ada Lovelace, Bob Example"
    assert [words(place) for place in found.select("article ul.plain li")] == [
        "Wednesday, 5 November 2025 , Huggingface",
        "Tuesday, 4 November 2025 , Lab",
    ]
    assert found.select_one("a[href='https://arxiv.org/pdf/2511.00009']")


def test_the_address_of_a_paper_lives_on_when_a_better_key_is_known(client: Client) -> None:
    old = Paper.objects.get(title="Caches").get_absolute_url()
    edition(record("Caches", key="arxiv:2511.00077"), day=date(2025, 11, 6))
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (301, "/papers/arxiv:2511.00077/")


@pytest.mark.parametrize("key", ["doi:10.1000/a<b>(1)", "arxiv:cs/0309136", "doi:10.1000/50%?x#y"])
def test_any_key_makes_an_address(client: Client, key: str) -> None:
    paper = Paper.objects.filter(title="Caches")
    paper.update(key=key)
    assert "Caches" in words(page(client, paper.get().get_absolute_url()).h1)


def test_search_finds_in_all_days_and_says_why(client: Client) -> None:
    found = page(client, "/search/?q=agent* NOT quant*")
    assert titles(found) == ["Agents that read manuals"]
    assert "1 paper found." in words(found.main)
    assert words(found.select_one("mark")) == "Agents"
    assert "Why: title has “Agents”" in words(found.main)
    assert found.select_one("a[href='/?queries=agent%2A+NOT+quant%2A']")


def test_a_paper_with_the_words_in_its_title_is_found_above_one_with_them_in_its_abstract(
    client: Client,
) -> None:
    edition(record("Zeppelins", "Of old."), day=date(2025, 11, 1))
    edition(record("Airships", "Zeppelins of today."), day=date(2025, 11, 6))
    assert titles(page(client, "/search/?q=zeppelins")) == ["Zeppelins", "Airships"]


def test_every_result_of_a_search_is_on_one_page_of_it(client: Client) -> None:
    edition(*(record(f"Airship {n}", "Of zeppelins.") for n in range(20)), day=date(2025, 11, 1))
    edition(*(record(f"Zeppelin {n}", "Of hydrogen.") for n in range(20)), day=date(2025, 11, 6))
    edition(*(record(f"Balloon {n}", "No zeppelin.") for n in range(20)), day=date(2025, 11, 7))
    pages = [titles(page(client, f"/search/?q=zeppelin&page={number}")) for number in (1, 2, 3)]
    assert [len(listed) for listed in pages] == [25, 25, 10]
    assert len({title for listed in pages for title in listed}) == 60
    assert {title.split()[0] for title in pages[0][:20]} == {"Zeppelin"}
    assert words(page(client, "/search/?q=zeppelin&page=2").select_one(".pager a[rel=next]")) == "Next page"


def test_before_anything_is_searched_for_every_example_is_one_press_away(client: Client) -> None:
    links = page(client, "/search/").select("dl.examples a")
    assert len(links) >= 5
    for link in links:
        found = page(client, str(link["href"]))
        assert found.select_one(f"input[name=q][value='{words(link)}']")
        assert "found." in words(found.main)


def test_search_shows_where_a_query_stops_being_readable(client: Client) -> None:
    found = page(client, "/search/?q=kv AND (cache")
    assert "kv AND (cache\n       ^" in str(found.select_one("pre.caret"))
    assert "Add “)”." in words(found.select_one("#q-problem"))
    assert found.select_one("input[name=q][aria-invalid=true][value='kv AND (cache']")


def test_a_search_of_very_many_words_is_refused_before_it_costs_anything(client: Client) -> None:
    query = " OR ".join(f"word{n}" for n in range(41))
    assert "At most 40 words" in words(page(client, f"/search/?q={query}").select_one("#q-problem"))


def test_search_results_are_for_people_not_for_crawlers(client: Client) -> None:
    assert client.get("/search/?q=agents")["X-Robots-Tag"] == "noindex"
    assert "Disallow: /search/" in client.get("/robots.txt").content.decode()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/archive/", "/archive/2025-11-05/", "/topics/", "/topics/agents/", "/search/?q=agents"),
        *("/sample/?topics=agents", "/sample/part/?topics=agents", "/sitemap-papers.xml"),
    ],
)
def test_pages_for_anybody_are_kept_by_caches_and_set_no_cookie(client: Client, path: str) -> None:
    response = client.get(path)
    assert "public" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert response.cookies == {}
    again = client.get(path, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    edition("Agents of change", day=WEDNESDAY)
    cache.clear()
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 200


@pytest.mark.parametrize("path", ["/privacy/", "/papers/arxiv:2511.00001/", "/sitemap.xml"])
def test_a_page_that_has_not_changed_is_not_sent_again(client: Client, path: str) -> None:
    response = client.get(path)
    assert "public" in response["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/archive/", "/archive/2025-11-05/", "/topics/", "/topics/agents/"),
        *("/papers/arxiv:2511.00001/", "/privacy/"),
    ],
)
def test_a_page_tells_other_sites_what_it_is_and_its_one_address(
    client: Client, settings: Settings, path: str
) -> None:
    settings.SITE_URL = "https://digest.example.org"
    found = page(client, f"{path}?page=1")
    canonical = found.select_one("link[rel=canonical]")
    assert isinstance(canonical, Tag)
    properties = {str(tag["property"]): str(tag["content"]) for tag in found.select("meta[property]")}
    wanted = {"og:title", "og:type", "og:image", "og:url", "og:description", "og:site_name"}
    assert wanted <= properties.keys()
    assert all(properties.values())
    assert str(canonical["href"]).endswith(path if path != "/archive/" else "/archive/2025/")
    assert properties["og:url"] == canonical["href"]


def test_the_sitemap_leads_to_every_page_for_anybody(client: Client, settings: Settings) -> None:
    settings.SITE_URL = "https://digest.example.org"
    index = BeautifulSoup(client.get("/sitemap.xml").content, "xml")
    parts = [str(loc.get_text()) for loc in index.find_all("loc")]
    found = [
        loc.get_text()
        for part in parts
        for loc in BeautifulSoup(client.get(urlsplit(part).path).content, "xml").find_all("loc")
    ]
    assert all(address.startswith("https://digest.example.org/") for address in [*parts, *found])
    paths = [address.removeprefix("https://digest.example.org") for address in found]
    assert {"/", "/archive/", "/topics/agents/", "/archive/2025-11-04/", "/papers/arxiv:2511.00001/"} <= set(
        paths
    )
    assert {client.get(path).status_code for path in paths} == {200}
    assert "/search/" not in paths  # robots.txt keeps crawlers away from it
    assert not [path for path in paths if path.startswith(("/p/", "/u/", "/c/", "/r/", "/f/", "/a/"))]
    assert "Sitemap: https://digest.example.org/sitemap.xml" in client.get("/robots.txt").content.decode()


def test_a_day_of_very_many_papers_comes_in_pages_and_each_page_can_be_cited(client: Client) -> None:
    edition(*(f"Paper {number}" for number in range(203)), day=date(2025, 11, 6))
    first, second = (page(client, f"/archive/2025-11-06/?page={number}") for number in (1, 2))
    assert (len(titles(first)), titles(second)) == (200, ["Paper 200", "Paper 201", "Paper 202"])
    assert first.select_one("nav.pager a[rel=next][href='/archive/2025-11-06/?page=2']")
    cited = client.get("/archive/2025-11-06.ris", {"page": 2}).content.decode()
    assert ("Paper 202" in cited, "Paper 199" in cited) == (True, False)


def test_the_sitemap_of_papers_has_each_on_one_page_where_it_stays(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "PAPERS", 2)
    edition(*(record(f"Paper {n}", key=f"doi:10.1/a&b {n}<é>") for n in range(5)), day=date(2025, 11, 8))
    Paper.objects.get(title="Paper 2").delete()
    parts = [
        urlsplit(str(loc.get_text()))
        for loc in BeautifulSoup(client.get("/sitemap.xml").content, "xml").find_all("loc")
    ]
    pages = [
        [
            str(loc.get_text()).removeprefix(settings.SITE_URL)
            for loc in BeautifulSoup(client.get(f"{part.path}?{part.query}").content, "xml").find_all("loc")
        ]
        for part in parts
        if part.path == "/sitemap-papers.xml"
    ]
    assert max(map(len, pages)) == 2
    expected = [paper.get_absolute_url() for paper in Paper.objects.order_by("pk")]
    assert [path for listed in pages for path in listed] == expected
    for number in ("0", str(len(pages) + 1), "x"):
        assert client.get("/sitemap-papers.xml", {"p": number}).status_code == 404


def test_the_index_of_the_sitemaps_counts_neither_papers_nor_days(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        client.get("/sitemap.xml")
    assert not [query["sql"] for query in asked if "COUNT(" in query["sql"] or "DISTINCT" in query["sql"]]


def test_the_index_of_the_sitemaps_loads_no_papers(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/sitemap.xml").status_code == 200
    assert not [query["sql"] for query in asked if '"digest_paper"."key"' in query["sql"]]
