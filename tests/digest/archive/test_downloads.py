"""Papers for reference managers: files of a paper and of a search, and what a paper's page tells Zotero."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.cache import cache
from django.test import Client

from digest.models import Paper
from digest.web.limits import search_budget
from tests.digest.library.reading import entries
from tests.factories import edition, record, topic
from tests.subscriptions.browsing import page, words

pytestmark = pytest.mark.django_db
NAMES = ["Ada Lovelace", *(f"Bo Example {letter}" for letter in "ABCDEFGHIJ"), "Zoe de Groot"]


@pytest.fixture(autouse=True)
def _papers() -> Iterator[None]:
    cache.clear()
    topic("agents", "agents")
    edition(
        record("Agents & 5% <think>", "Of {agents}.", key="arxiv:2511.00001", author_names=NAMES),
        record("Agents at work", key="doi:10.1234/a<b>.bib", author_names=["Ada Lovelace", "Fictional AI"]),
        "Caches",
    )
    yield
    cache.clear()


def at(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return page(response)


def tags(found: BeautifulSoup) -> dict[str, list[str]]:
    """What the page's citation tags say, by name."""
    said: dict[str, list[str]] = {}
    for tag in found.select("meta[name^=citation_]"):
        said.setdefault(str(tag["name"]).removeprefix("citation_"), []).append(str(tag["content"]))
    return said


def files(client: Client, path: str) -> dict[str, Any]:
    """The answers to the links of a page to its files, by kind."""
    return {
        str(link["href"]).partition("?")[0][-3:]: client.get(str(link["href"]))
        for link in at(client, path).select(".cite a")
    }


def test_a_papers_page_offers_it_as_bibtex_and_as_ris(client: Client) -> None:
    found = files(client, "/papers/arxiv:2511.00001/")
    assert {
        kind: (answer["Content-Type"], answer["Content-Disposition"]) for kind, answer in found.items()
    } == {
        "bib": ("application/x-bibtex; charset=utf-8", 'attachment; filename="lovelace2025agents.bib"'),
        "ris": (
            "application/x-research-info-systems; charset=utf-8",
            'attachment; filename="lovelace2025agents.ris"',
        ),
    }
    (entry,) = entries(found["bib"].content.decode()).values()
    assert entry["title"] == r"Agents \& 5\% {\textless}think{\textgreater}"
    assert found["ris"].content.startswith(b"TY  - UNPB\r\nAU  - Lovelace, Ada\r\n")


def test_every_paper_has_its_files_whatever_its_key(client: Client) -> None:
    for paper in Paper.objects.all():
        found = files(client, paper.get_absolute_url())
        assert {kind: answer.status_code for kind, answer in found.items()} == {"bib": 200, "ris": 200}
    assert client.get("/papers/arxiv:0000.00000.bib").status_code == 404


def test_the_file_of_a_paper_lives_on_when_a_better_key_is_known(client: Client) -> None:
    old = Paper.objects.get(title="Caches").key
    edition(record("Caches", key="arxiv:2511.00077"))
    response = client.get(f"/papers/{old}.ris")
    assert (response.status_code, response["Location"]) == (301, "/papers/arxiv:2511.00077.ris")


def test_a_search_offers_the_papers_of_the_page_that_is_shown(client: Client) -> None:
    edition(*(record(f"Agents, part {n}", key=f"arxiv:2511.01{n:03}") for n in range(30)))
    first, second = (files(client, f"/search/?q=agents&page={number}") for number in (1, 2))
    one, two = (set(entries(found["bib"].content.decode())) for found in (first, second))
    assert (len(one), len(two)) == (25, 7)
    assert second["ris"].content.count(b"ER  - \r\n") == 7
    assert first["bib"]["Content-Disposition"] == 'attachment; filename="search.bib"'


def test_a_topic_and_a_day_offer_the_papers_of_the_page_that_is_shown(client: Client) -> None:
    edition(*(record(f"Agents, part {n}", key=f"arxiv:2511.01{n:03}") for n in range(30)))

    def keys(path: str) -> set[str]:
        return set(entries(files(client, path)["bib"].content.decode()))

    assert [len(keys(f"/topics/agents/?page={number}")) for number in (1, 2)] == [25, 7]
    assert len(keys("/archive/2025-11-05/")) == 33
    assert len(keys("/archive/2025-11-05/?topic=agents")) == 32
    found = files(client, "/archive/2025-11-05/")["ris"]
    assert found["Content-Disposition"] == 'attachment; filename="papers-2025-11-05.ris"'
    for path in ("/archive/2024-01-01.bib", "/topics/nothing.ris"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["(", "", " OR ".join(f"w{n}" for n in range(60))])
def test_a_query_that_cannot_be_read_leads_to_where_that_is_explained(client: Client, query: str) -> None:
    response = client.get("/search.bib", {"q": query}, follow=True)
    assert response.redirect_chain[0][0].startswith("/search/")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/papers/arxiv:2511.00001.bib", "/search.ris?q=agents", "/topics/agents.bib", "/archive/2025-11-05.ris"],
)
def test_who_has_a_file_already_is_told_so(client: Client, path: str) -> None:
    response = client.get(path)
    assert response["Cache-Control"] == "public, max-age=60"
    assert response["X-Robots-Tag"] == "noindex"
    assert client.get(path, headers={"If-None-Match": response["ETag"]}).status_code == 304
    asked = client.head(path)
    assert (asked["ETag"], asked["Content-Type"], asked.content) == (
        response["ETag"],
        response["Content-Type"],
        b"",
    )
    assert client.post(path).status_code == 405


def test_files_of_a_search_are_limited_as_searches_are(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_budget, "AT_ONCE", 0)
    assert client.get("/search.bib?q=agents").status_code == 429
    assert client.get("/papers/arxiv:2511.00001.bib").status_code == 200


def test_zotero_and_scholar_find_a_paper_on_its_page(client: Client) -> None:
    found = tags(at(client, "/papers/arxiv:2511.00001/"))
    assert len(found.pop("author")) == len(NAMES)
    assert found == {
        "title": ["Agents & 5% <think>"],
        "publication_date": ["2025/11/04"],
        "online_date": ["2025/11/04"],
        "arxiv_id": ["2511.00001"],
        "doi": ["10.48550/arXiv.2511.00001"],
        "pdf_url": ["https://arxiv.org/pdf/2511.00001"],
        "abstract_html_url": ["https://arxiv.org/abs/2511.00001"],
        "abstract": ["Of {agents}."],
    }


def test_a_paper_without_arxiv_id_says_only_what_is_known(client: Client) -> None:
    path = Paper.objects.get(title="Agents at work").get_absolute_url()
    found = tags(at(client, path))
    assert found["author"] == ["Lovelace, Ada", "Fictional AI"]
    assert found["doi"] == ["10.1234/a<b>.bib"]
    assert not found.keys() & {"arxiv_id", "pdf_url", "online_date"}


def test_many_authors_are_the_first_and_the_last_and_a_fold(client: Client) -> None:
    fold = at(client, "/papers/arxiv:2511.00001/").select_one("details.authors")
    assert fold
    assert words(fold.summary) == "Ada Lovelace, …, Zoe de Groot and 10 more close"
    assert words(fold.p) == ", ".join(NAMES)
    german = at(client, "/papers/arxiv:2511.00001/?lang=de")
    assert "und 10 weitere" in words(german.select_one("details.authors summary"))
