"""OpenAlex: two weeks of works page by page, inverted abstracts, and what a used-up allowance says."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.openalex import OPENALEX
from tests.digest.sources.literature.scripted import Scripted

DAY = date(2024, 3, 5)


def source(**values: str) -> Adapter:
    assert OPENALEX.configured is not None
    return OPENALEX.configured(values or {"query": "kites"})


def fetched(get: Scripted, **values: str) -> list[bytes]:
    adapter = source(**values)
    assert adapter.fetch_day is not None
    return adapter.fetch_day(DAY, get)


def work(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": f"https://openalex.org/W{number}", "display_name": f"Kite {number}"} | fields


def page(*works: Any, total: int, following: str | None = None) -> dict[str, Any]:
    meta = {"count": total, "db_response_time_ms": 5, "next_cursor": following}
    return {"meta": meta, "results": list(works)}


def only(**fields: Any) -> Any:
    (paper,) = parse(json.dumps(page(work(1, **fields), total=1)).encode(), today=DAY, day=DAY).papers
    return paper


@pytest.fixture
def answer(pages: Path) -> ParsedAnswer:
    return parse(pages.joinpath("openalex.json").read_bytes(), today=date(2026, 1, 1), day=DAY)


def test_an_inverted_abstract_reads_in_its_order(answer: ParsedAnswer) -> None:
    assert answer.papers[0].abstract == "Kites carry sensors; other Kites land."
    assert answer.papers[0].title == "Kites in ventis & out"
    assert [paper.abstract for paper in answer.papers[1:]] == ["", ""]


def test_arxivs_place_of_a_work_identifies_it_beside_its_doi(answer: ParsedAnswer) -> None:
    first, second, third = answer.papers
    assert (first.key, first.other_keys) == ("arxiv:2403.05001", ("doi:10.5555/kites.201",))
    assert second.key.startswith("title:")  # a number that looks like arXiv's on another site is none
    assert second.url == "https://openalex.org/W9000000002"
    assert third.key == "arxiv:2403.05003"


def test_names_are_taken_as_written_where_nobody_is_known_by_them(answer: ParsedAnswer) -> None:
    assert answer.papers[0].author_names == ("Dee Loon", "Wim Vane")
    assert answer.papers[0].authors == 2


def test_authors_that_may_be_more_than_a_list_has_are_not_counted() -> None:
    names = [{"author": {"display_name": f"Author {number}"}} for number in range(100)]
    paper = only(authorships=names)
    assert (paper.authors, len(paper.author_names)) == (None, 100)


def test_a_work_is_of_its_day_of_publication_if_that_is_at_most_two_weeks_back(answer: ParsedAnswer) -> None:
    assert [paper.day for paper in answer.papers] == [DAY, date(2024, 3, 1), date(2024, 2, 21)]
    assert only(publication_date="2024-02-20").day == DAY
    assert only(publication_date="2031-01-01").day == DAY
    assert only(publication_date="2024").day == DAY


def test_a_work_without_a_title_is_set_aside_also_alone_on_a_page(answer: ParsedAnswer) -> None:
    assert [(entry.position, entry.why) for entry in answer.rejected] == [(4, "it has no title")]
    alone = parse(json.dumps(page(work(1, display_name=None), total=1)).encode(), today=DAY, day=DAY)
    assert (alone.papers, len(alone.rejected)) == ((), 1)
    with pytest.raises(SourceChanged, match="4 of 4 unreadable"):
        parse(
            json.dumps(page(*[work(n, display_name=None) for n in range(4)], total=4)).encode(),
            today=DAY,
            day=DAY,
        )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("abstract_inverted_index", ["Kites"]),
        ("abstract_inverted_index", {"Kites": 0}),
        ("abstract_inverted_index", {"Kites": [0, "1"]}),
        ("abstract_inverted_index", {"Kites": [True]}),
        ("abstract_inverted_index", {"Kites": list(range(30_000))}),
        ("authorships", "Dee Loon"),
        ("authorships", ["Dee Loon"]),
        ("doi", 10.5),
        ("locations", "arXiv"),
        ("publication_date", "2024"),
    ],
)
def test_one_wrong_field_never_costs_a_paper(field: str, value: object) -> None:
    paper = only(**{field: value})
    assert (paper.title, paper.unreadable) == ("Kite 1", (field,))


def test_places_of_words_far_apart_take_no_memory() -> None:
    assert only(abstract_inverted_index={"far": [10**15], "near": [0]}).abstract == "near far"


def test_two_weeks_until_the_day_are_asked_for_and_all_pages_come() -> None:
    get = Scripted(page(work(1), work(2), total=3, following="next"), page(work(3), total=3))
    parts = fetched(get, query="kites", filter="type:article", api_key="k3y")
    day = parse_parts(parts, today=DAY, day=DAY, adapter=source())
    assert [paper.title for paper in day.papers] == ["Kite 1", "Kite 2", "Kite 3"]
    (address, first, _), (_, second, _) = get.asked
    assert address == "https://api.openalex.org/works"
    assert first["filter"] == "from_publication_date:2024-02-21,to_publication_date:2024-03-05,type:article"
    assert (first["search"], first["api_key"], first["cursor"], second["cursor"]) == (
        "kites",
        "k3y",
        "*",
        "next",
    )


def test_a_source_by_filter_alone_searches_for_no_words_and_sends_no_key() -> None:
    get = Scripted(page(total=0))
    assert parse_parts(fetched(get, filter="type:article"), today=DAY, day=DAY, adapter=source()).papers == ()
    ((_, parameters, _),) = get.asked
    assert "search" not in parameters
    assert "api_key" not in parameters


def test_pages_that_fall_short_of_the_total_are_refused_with_the_figures() -> None:
    with pytest.raises(SourceChanged, match=r"works until 2024-03-05 .* with all 9 papers, found 2 of them"):
        fetched(Scripted(page(work(1), work(2), total=9)))
    with pytest.raises(SourceChanged, match="found 60,000 papers: more than 20,000"):
        fetched(Scripted(page(work(1), total=60_000, following="next")))


def test_errors_are_told_in_openalexs_words() -> None:
    unknown = {"error": "Invalid filter", "message": "Unknown filter field: author_name."}
    with pytest.raises(SourceRefused, match="Unknown filter field: author_name"):
        fetched(Scripted(unknown))
    with pytest.raises(SourceUnavailable, match="Rate limit exceeded"):
        fetched(
            Scripted({"error": "Rate limit exceeded", "message": "Rate limit exceeded: daily allowance."})
        )
    with pytest.raises(SourceUnavailable, match="the answer is empty"):
        fetched(Scripted(b""))


def test_neither_a_search_nor_a_filter_is_refused_before_anything_is_saved() -> None:
    assert OPENALEX.configured
    with pytest.raises(SourceRefused, match="a search or a filter for OpenAlex, found neither"):
        OPENALEX.configured({"api_key": "k3y"})


def test_a_filter_with_days_of_its_own_is_not_stored() -> None:
    (check,) = [setting.check for setting in OPENALEX.settings if setting.name == "filter"]
    assert check(" type:article,\nis_oa:true, ") == "type:article,is_oa:true"
    with pytest.raises(ValueError, match="Leave the day of publication out"):
        check("from_publication_date:2024-01-01")
