"""Semantic Scholar: two weeks of papers page by page, and the fields that may be null."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.semantic_scholar import SEMANTIC_SCHOLAR
from tests.digest.sources.literature.scripted import Scripted

DAY = date(2024, 3, 5)


def source(**values: str) -> Adapter:
    assert SEMANTIC_SCHOLAR.configured is not None
    return SEMANTIC_SCHOLAR.configured({"query": "kites -survey"} | values)


def fetched(get: Scripted, **values: str) -> list[bytes]:
    adapter = source(**values)
    assert adapter.fetch_day is not None
    return adapter.fetch_day(DAY, get)


def page(*papers: Any, total: int, token: str | None = None) -> dict[str, Any]:
    return {"total": total, "token": token, "data": list(papers)}


def paper(number: int, **fields: Any) -> dict[str, Any]:
    return {"paperId": f"{number}", "title": f"Kite {number}"} | fields


def only(**fields: Any) -> Any:
    (found,) = parse(json.dumps(page(paper(1, **fields), total=1)).encode(), today=DAY, day=DAY).papers
    return found


@pytest.fixture
def answer(pages: Path) -> ParsedAnswer:
    return parse(pages.joinpath("semantic-scholar.json").read_bytes(), today=date(2026, 1, 1), day=DAY)


def test_fields_that_are_null_are_empty_and_not_counted(answer: ParsedAnswer) -> None:
    assert [found.title for found in answer.papers] == [
        "Kites that search",
        "Kites nobody numbered",
        "Kites of unknown age",
    ]
    assert [found.abstract for found in answer.papers] == ["We search kites & strings.", "", ""]
    assert [found.published for found in answer.papers] == [DAY, None, date(2024, 2, 28)]
    assert [found.authors for found in answer.papers] == [2, 0, None]
    assert answer.unreadable == {}


def test_an_arxiv_id_and_a_doi_are_one_papers(answer: ParsedAnswer) -> None:
    assert (answer.papers[0].key, answer.papers[0].other_keys) == (
        "arxiv:2403.06001",
        ("doi:10.5555/kites.301",),
    )
    assert answer.papers[1].url.endswith("/a000000000000000000000000000000000000002")


def test_a_paper_is_of_its_day_of_publication_if_that_is_at_most_two_weeks_back(answer: ParsedAnswer) -> None:
    assert [found.day for found in answer.papers] == [DAY, DAY, date(2024, 2, 28)]
    assert only(publicationDate="2019-01-01").day == DAY


def test_a_paper_of_which_only_the_year_is_known_is_of_new_years_day_whenever_it_is_asked_for() -> None:
    raw = json.dumps(page(paper(1, year=2024), total=1)).encode()
    for day in (date(2024, 1, 1), date(2024, 1, 9)):
        (found,) = parse(raw, today=day, day=day).papers
        assert (found.day, found.published) == (date(2024, 1, 1), None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("abstract", ["a"]),
        ("externalIds", "2403.06001"),
        ("externalIds", {"ArXiv": 2403.06001}),
        ("authors", "Dee Loon"),
        ("authors", [{"name": None}]),
        ("authors", ["Dee Loon"]),
        ("publicationDate", "2024"),
    ],
)
def test_one_wrong_field_never_costs_a_paper(field: str, value: object) -> None:
    found = only(**{field: value})
    assert found.title == "Kite 1"
    assert [name.split(".")[0] for name in found.unreadable] == [field]


def test_two_weeks_until_the_day_are_asked_for_and_all_pages_come() -> None:
    get = Scripted(page(paper(1), paper(2), total=3, token="next"), page(paper(3), total=3))
    day = parse_parts(fetched(get, api_key="k3y"), today=DAY, day=DAY, adapter=source())
    assert [found.title for found in day.papers] == ["Kite 1", "Kite 2", "Kite 3"]
    (address, first, headers), (_, second, _) = get.asked
    assert address == "https://api.semanticscholar.org/graph/v1/paper/search/bulk"
    assert (first["query"], first["publicationDateOrYear"]) == ("kites -survey", "2024-02-21:2024-03-05")
    assert "token" not in first
    assert second["token"] == "next"
    assert headers == {"x-api-key": "k3y"}
    assert "k3y" not in str((first, second))


def test_pages_that_fall_short_of_the_estimated_total_by_more_than_a_tenth_are_refused() -> None:
    some = [paper(number) for number in range(18)]
    assert len(fetched(Scripted(page(*some, total=20)))) == 1
    with pytest.raises(
        SourceChanged, match=r"papers until 2024-03-05 .* with all 19 papers, found 18 of them"
    ):
        fetched(Scripted(page(*some, total=21)))


def test_a_day_without_papers_is_an_answer() -> None:
    assert parse_parts(fetched(Scripted(page(total=0))), today=DAY, day=DAY, adapter=source()).papers == ()


def test_errors_are_told_in_its_own_words_and_too_many_requests_pass() -> None:
    with pytest.raises(SourceUnavailable, match=r"Too Many Requests\. Please wait"):
        fetched(Scripted({"message": "Too Many Requests. Please wait and try again", "code": "429"}))
    with pytest.raises(SourceRefused, match="Unrecognized or unsupported fields"):
        fetched(Scripted({"error": "Unrecognized or unsupported fields: [x]"}))
    with pytest.raises(SourceUnavailable, match="the answer is empty"):
        fetched(Scripted(b""))
    with pytest.raises(SourceChanged, match="broken or cut off"):
        fetched(Scripted(b'{"total": 3, "data": ['))


def test_a_real_answer_is_read_in_full(test_data: Path) -> None:
    raw = test_data.joinpath("formats", "s2", "sotawhat-search.json").read_bytes()
    entries = json.loads(raw)["data"]
    answer = parse(raw, today=date(2026, 7, 1))
    assert (answer.format, answer.rejected, answer.unreadable) == ("semantic-scholar-json", (), {})
    assert [found.title for found in answer.papers] == [entry["title"] for entry in entries]
    assert answer.papers[0].key == "arxiv:2103.14030"
    assert answer.papers[0].other_keys == ("doi:10.1109/iccv48922.2021.00986",)
    assert (answer.papers[0].published, answer.papers[1].published) == (None, date(2020, 12, 14))
    assert all(found.author_names for found in answer.papers)
