"""The Daily Papers page: its data, its cards, and pages that are not it."""

import json
import re
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceUnavailable, WrongDay, parse

TODAY = date(2026, 11, 20)


def parsed(page: str, day: date | None = None) -> ParsedAnswer:
    return parse(page.encode(), today=TODAY, day=day)


def without_data(page: str) -> str:
    return re.sub(r'(data-target="DailyPapers") data-props="[^"]*"', r"\1", page)


def with_data(data: object) -> str:
    props = data if isinstance(data, str) else json.dumps(data)
    return f'<main><div data-target="DailyPapers" data-props="{escape(props)}"></div></main>'


@pytest.mark.parametrize(
    ("name", "day", "answer"),
    [
        ("page-2024.html", date(2024, 3, 5), "api-2024.json"),
        ("page-2026.html", date(2026, 4, 7), "api-2026.json"),
    ],
)
def test_the_page_says_what_the_api_says(pages: Path, name: str, day: date, answer: str) -> None:
    edition = parse(pages.joinpath(name).read_bytes(), today=TODAY)
    assert (edition.day, edition.format) == (day, "page-html")
    assert edition.papers == parse(pages.joinpath(answer).read_bytes(), today=TODAY, day=day).papers


def test_the_pages_data_brings_the_summaries_too() -> None:
    entry = {"paper": {"id": "2604.02001", "title": "Kites", "ai_summary": "Kites read."}}
    page = with_data({"dateString": "2026-04-07", "dailyPapers": [entry]})
    assert [paper.summary for paper in parsed(page, date(2026, 4, 7)).papers] == ["Kites read."]


def test_a_page_of_another_day_is_refused(pages: Path) -> None:
    with pytest.raises(WrongDay, match="of 2024-03-02, found that of 2024-03-05"):
        parsed(pages.joinpath("page-2024.html").read_text(), date(2024, 3, 2))


@pytest.mark.parametrize("name", ["page-2024.html", "page-2026.html"])
def test_cards_stand_in_for_missing_data(pages: Path, name: str) -> None:
    page = pages.joinpath(name).read_text()
    whole = {paper.key: paper for paper in parsed(page).papers}
    edition = parsed(without_data(page))
    assert edition.day == parsed(page).day
    assert len(edition.papers) == 3
    for paper in edition.papers:
        assert (paper.title, paper.upvotes, paper.comments, paper.abstract) == (
            whole[paper.key].title,
            whole[paper.key].upvotes,
            whole[paper.key].comments,
            "",
        )


def test_cards_show_authors_or_the_organisation(pages: Path) -> None:
    old, new = (
        parsed(without_data(pages.joinpath(f"page-{year}.html").read_text())) for year in (2024, 2026)
    )
    assert [paper.authors for paper in old.papers] == [3, 2, 1]
    assert [paper.organization for paper in new.papers] == ["Kite Lab", None, None]


def test_cards_of_another_day_are_refused(pages: Path) -> None:
    for name in ("page-2024.html", "page-2026.html"):
        with pytest.raises(WrongDay):
            parsed(without_data(pages.joinpath(name).read_text()), date(2026, 4, 8))


def test_cards_that_name_no_day_are_of_the_day_asked_for(pages: Path) -> None:
    page = re.sub(r"<link[^>]*>", "", without_data(pages.joinpath("page-2026.html").read_text()))
    assert parsed(page, date(2026, 4, 7)).day == date(2026, 4, 7)
    with pytest.raises(SourceChanged, match="say which day it is"):
        parsed(page)


def test_a_card_without_title_is_rejected_alone(pages: Path) -> None:
    page = without_data(pages.joinpath("page-2026.html").read_text()).replace(
        "Σ-Lanterns: Sums of Light", " "
    )
    edition = parsed(page)
    assert [rejected.why for rejected in edition.rejected] == ["it has no title"]
    assert len(edition.papers) == 2


@pytest.mark.parametrize("step", [29, pytest.param(1, marks=pytest.mark.faults)])
@pytest.mark.parametrize("name", ["page-2024.html", "page-2026.html"])
def test_a_page_cut_anywhere_is_refused(pages: Path, name: str, step: int) -> None:
    page = pages.joinpath(name).read_text().rstrip()
    for end in range(0, len(page), step):
        with pytest.raises(SourceChanged):
            parsed(page[:end])


def test_cut_data_is_refused_although_the_cards_are_whole(pages: Path) -> None:
    page = pages.joinpath("page-2024.html").read_text()
    with pytest.raises(SourceChanged, match="cut off"):
        parsed(page.replace("&quot;upvotes&quot;: 41", ""))
    with pytest.raises(SourceChanged, match="cut off"):
        parsed(re.sub(r'(data-target="DailyPapers" data-props="[^"]{500})[^"]*"', r'\1"', page))


def test_another_sites_page_is_not_the_expected_page(pages: Path) -> None:
    with pytest.raises(SourceChanged, match="found a page titled “Best AI Papers”"):
        parse(pages.joinpath("other-site.html").read_bytes(), today=TODAY)


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        (
            "<html><title>Models</title><article><h3><a href='/papers/2403.01001'>x</a></h3></html>",
            "a page titled “Models”",
        ),
        ("<?xml version='1.0'?><page><entry/></page>", "something that begins with “<?xml version"),
        ("<>", "something that begins with “<>”"),
        ("<!-- only a comment -->", "something that begins with “<!-- only a comment -->”"),
        ("<!--" * 10_000, "something that begins with “<!--<!--"),
        ("<html>" + "<div>" * 20_000, "something that begins with “<html><div>"),
        ("<!-- Daily Papers -->", "other markup"),
        ("<!--" * 10_000 + "Daily Papers", "other markup"),
        ("<html>Daily Papers" + "<div>" * 20_000, "tags more than 250 deep"),
    ],
)
def test_other_markup_is_not_the_expected_page(markup: str, found: str) -> None:
    with pytest.raises(SourceChanged, match=re.escape(f", found {found}")):
        parsed(markup)


def test_a_bot_challenge_is_a_reason_to_come_back_later(pages: Path) -> None:
    with pytest.raises(SourceUnavailable, match="bot challenge"):
        parse(pages.joinpath("challenge.html").read_bytes(), today=TODAY)
    with pytest.raises(SourceUnavailable, match="bot challenge"):
        parsed("<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>")


def test_a_page_without_papers_is_refused() -> None:
    with pytest.raises(SourceChanged, match="found none"):
        parsed(with_data({"dateString": "2026-04-05", "dailyPapers": []}))
    with pytest.raises(SourceChanged, match="found none"):
        parsed("<main><time datetime='2026-04-05'></time><h1>Daily Papers</h1></main>")


def listed(number: int, day: str) -> dict[str, Any]:
    return {"paper": {"id": f"2604.0200{number}", "title": f"Kite {number}", "submittedOnDailyAt": day}}


@pytest.mark.parametrize("period", ["week", "month"])
def test_the_papers_on_the_page_of_a_week_or_month_are_each_of_their_own_day(period: str) -> None:
    entries = [listed(1, "2026-04-07"), listed(2, "2026-04-06"), listed(3, "2026-04-07")]
    answer = parsed(with_data({"dateString": "2026-04-05", "periodType": period, "dailyPapers": entries}))
    assert [str(paper.day) for paper in answer.papers] == ["2026-04-07", "2026-04-06", "2026-04-07"]
    assert answer.day == date(2026, 4, 7)


def test_the_papers_on_the_page_of_what_trends_are_of_the_day_on_which_they_are_seen() -> None:
    page = with_data({"isTrending": True, "dailyPapers": [listed(1, "2026-04-07"), listed(2, "2025-01-02")]})
    assert [(paper.day, paper.undated) for paper in parsed(page).papers] == [(TODAY, True)] * 2


def test_a_paper_on_a_days_page_that_was_listed_on_another_day_belongs_to_that_day() -> None:
    entries = [listed(1, "2026-04-07"), listed(2, "2026-04-06")]
    answer = parsed(with_data({"dateString": "2026-04-07", "dailyPapers": entries}), date(2026, 4, 7))
    assert [str(paper.day) for paper in answer.papers] == ["2026-04-07", "2026-04-06"]


def test_one_wrong_field_in_the_data_costs_no_paper() -> None:
    entries = [listed(1, "2026-04-07"), listed(2, "2026-04-07")]
    entries[1]["paper"] |= {"upvotes": {}, "publishedAt": "2026-4-1", "authors": ["A"]}
    answer = parsed(with_data({"dateString": "2026-04-07", "dailyPapers": entries}))
    assert (answer.unreadable, answer.papers[1].published, answer.papers[1].author_names) == (
        {"upvotes": 1},
        date(2026, 4, 1),
        ("A",),
    )


def test_a_number_on_a_card_that_is_too_large_costs_no_paper(pages: Path) -> None:
    page = without_data(pages.joinpath("page-2024.html").read_text())
    answer = parsed(re.sub(r"\b3 authors", "999999 authors", page.replace(">41<", ">9999999999<")))
    assert len(answer.papers) == 3
    assert answer.rejected == ()
    assert (answer.unreadable, answer.papers[0].upvotes) == ({"upvotes": 1}, None)


def test_data_nested_too_deeply_is_refused() -> None:
    with pytest.raises(SourceChanged, match="too deep"):
        parsed(with_data('{"dailyPapers":' + "[" * 100_000 + "]" * 100_000 + "}"))
