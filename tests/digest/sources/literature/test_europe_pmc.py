"""Europe PMC: asking for a day of its index page by page, and every field trap of its records."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.europe_pmc import EUROPE_PMC
from tests.digest.sources.literature.scripted import Scripted

DAY = date(2024, 3, 5)
QUERY = 'TITLE_ABS:"sleep apnea" OR SRC:PPR'


def source() -> Adapter:
    assert EUROPE_PMC.configured is not None
    return EUROPE_PMC.configured({"query": QUERY})


def fetched(get: Scripted, day: date = DAY) -> list[bytes]:
    adapter = source()
    assert adapter.fetch_day is not None
    return adapter.fetch_day(day, get)


def record(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{number}",
        "source": "MED",
        "title": f"Kite {number}.",
        "firstIndexDate": str(DAY),
    } | fields


def page(*records: Any, total: int, following: str | None = None) -> dict[str, Any]:
    answer = {"version": "6.9", "hitCount": total, "request": {}, "resultList": {"result": list(records)}}
    return answer | ({"nextCursorMark": following} if following else {})


def only(**fields: Any) -> Any:
    (paper,) = parse(json.dumps(page(record(1, **fields), total=1)).encode(), today=DAY, day=DAY).papers
    return paper


@pytest.fixture
def answer(pages: Path) -> ParsedAnswer:
    return parse(pages.joinpath("europe-pmc.json").read_bytes(), today=date(2026, 1, 1))


def test_marked_up_titles_and_abstracts_are_text(answer: ParsedAnswer) -> None:
    assert [paper.title for paper in answer.papers] == [
        "Kites and CO2 above Quercus forests",
        "A string of [18F]-labelled kites",
        "Kites that fold themselves",
        "Wind, again",
    ]
    assert answer.papers[0].abstract == (
        "Background: Kites carry sensors above trees. Results: We measured p<0.05 on 12 of 14 flights."
    )


def test_a_doi_or_arxiv_id_identifies_and_what_has_neither_leads_to_europe_pmc(answer: ParsedAnswer) -> None:
    assert [paper.key.split(":")[0] for paper in answer.papers] == ["doi", "title", "arxiv", "doi"]
    assert answer.papers[0].url == "https://doi.org/10.5555/kites.1"
    assert answer.papers[1].url == "https://europepmc.org/article/MED/38000002"


def test_authors_have_their_whole_names_where_they_are_known(answer: ParsedAnswer) -> None:
    assert [paper.author_names for paper in answer.papers] == [
        ("Dee Loon", "Kite Study Group", "Vane W"),
        ("Vane W", "Loon D"),
        ("Gust A",),
        (),
    ]


def test_a_day_of_publication_that_is_a_month_is_unknown_and_counted(answer: ParsedAnswer) -> None:
    assert [paper.published for paper in answer.papers] == [
        date(2024, 3, 1),
        None,
        date(2024, 3, 4),
        date(2024, 3, 2),
    ]
    assert answer.unreadable == {"firstPublicationDate": 1}


def test_papers_are_of_the_day_asked_for_or_of_that_of_their_indexing(pages: Path) -> None:
    raw = pages.joinpath("europe-pmc.json").read_bytes()
    assert {paper.day for paper in parse(raw, today=DAY).papers} == {DAY}
    assert {paper.day for paper in parse(raw, today=DAY, day=date(2024, 3, 6)).papers} == {date(2024, 3, 6)}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("doi", 10.5),
        ("abstractText", ["a"]),
        ("authorString", {"a": 1}),
        ("authorList", "Loon D"),
        ("authorList", {"author": "Loon D"}),
        ("authorList", {"author": ["Loon D"]}),
        ("firstPublicationDate", 20240301),
    ],
)
def test_one_wrong_field_never_costs_a_paper(field: str, value: object) -> None:
    paper = only(**{field: value})
    assert paper.title == "Kite 1"
    assert [name.split(".")[0] for name in paper.unreadable] == [field]


def test_more_authors_than_are_named_are_counted() -> None:
    paper = only(authorList={"author": [{"fullName": f"Loon {number}"} for number in range(1_200)]})
    assert (paper.authors, len(paper.author_names)) == (1_200, 1_000)


def test_a_day_is_asked_for_by_when_it_was_indexed_and_all_pages_come() -> None:
    get = Scripted(
        page(record(1), record(2), total=3, following="next"), page(record(3), total=3, following="more")
    )
    parts = fetched(get)
    day = parse_parts(parts, today=DAY, day=DAY, adapter=source())
    assert [paper.title for paper in day.papers] == ["Kite 1", "Kite 2", "Kite 3"]
    (address, first, _), (_, second, _) = get.asked
    assert address == "https://www.ebi.ac.uk/europepmc/webservices/rest/search"
    assert first["query"] == f"({QUERY}) AND (FIRST_IDATE:[2024-03-05 TO 2024-03-05])"
    assert (first["resultType"], first["cursorMark"], second["cursorMark"]) == ("core", "*", "next")


def test_pages_that_fall_short_of_the_total_are_refused_with_the_figures() -> None:
    pages = [page(record(1), record(2), total=5, following="next"), page(total=5, following="next")]
    with pytest.raises(
        SourceChanged, match=r"of 2024-03-05 from Europe PMC with all 5 papers, found 2 of them"
    ):
        fetched(Scripted(*pages))


def test_a_day_without_papers_is_an_answer() -> None:
    parts = fetched(Scripted(page(total=0, following="AoE=")))
    assert parse_parts(parts, today=DAY, day=DAY, adapter=source()).papers == ()


def test_an_empty_answer_and_errors_are_told_as_what_they_are() -> None:
    with pytest.raises(SourceUnavailable, match="the answer is empty"):
        fetched(Scripted(b" \n"))
    with pytest.raises(SourceRefused, match="No query specified or invalid"):
        fetched(Scripted({"version": "6.9", "errCode": 404, "errMsg": "No query specified or invalid"}))
    with pytest.raises(SourceUnavailable, match="Backend is down"):
        fetched(Scripted({"errCode": 503, "errMsg": "Backend is down"}))
    with pytest.raises(SourceChanged, match="found none in it"):
        fetched(Scripted({"hitCount": 3}))


def test_without_a_query_nothing_is_fetched() -> None:
    assert EUROPE_PMC.configured is not None
    fetch_day = EUROPE_PMC.configured({}).fetch_day
    assert fetch_day is not None
    with pytest.raises(SourceRefused, match="a query for Europe PMC"):
        fetch_day(DAY, Scripted())
