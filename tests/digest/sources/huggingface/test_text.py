"""The page as plain text: its blocks, its days without a year, and text that is no page."""

import re
from datetime import date
from pathlib import Path

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, WrongDay, parse

TODAY = date(2024, 3, 20)
DAY = date(2024, 3, 5)
ABSTRACT = "Something is measured twice, and the second time it is found to be different. " * 3


def parsed(text: str, *, today: date = TODAY, day: date | None = None) -> ParsedAnswer:
    return parse(text.encode(), today=today, day=day)


def listing(title: str, *, abstract: str = ABSTRACT, who: str = "  • 2 authors", when: str = "Feb 1") -> str:
    return f"{title}\n\n{abstract}\n\n{who}\n·\n{when}\n\n"


def only(listings: str, **asked: date) -> PaperRecord:
    (record,) = parsed("Mar 5\n\n" + listings, **asked).papers
    return record


@pytest.fixture
def copied(pages: Path) -> str:
    return pages.joinpath("page.txt").read_text()


def test_a_page_is_read_in_order_with_all_it_says(copied: str) -> None:
    edition = parsed(copied)
    assert (edition.day, edition.format, edition.rejected) == (DAY, "page-text", ())
    assert [(p.title, p.authors, p.organization, p.published, p.comments) for p in edition.papers] == [
        ("Paper Boats: Folding Small Language Models for Slow Rivers", 3, None, date(2024, 2, 14), 0),
        ("Kites that Read (and Write): Is Wind All You Need?", None, "Kite Lab", date(2023, 12, 24), 2),
        ("Lanterns without an Author Line", None, None, None, None),
        ("An Atlas of Very Old Bridges", 1, None, date(2018, 10, 31), 12),
    ]
    assert edition.papers[0].abstract.startswith("We fold a small language model")
    assert edition.papers[1].abstract.endswith("https://github.com/kite-lab/reader")
    assert {paper.upvotes for paper in edition.papers} == {None}
    assert all(paper.key.startswith("title:") for paper in edition.papers)


@pytest.mark.parametrize(
    ("today", "day"),
    [
        (date(2024, 3, 5), date(2024, 3, 5)),
        (date(2024, 3, 4), date(2023, 3, 5)),
        (date(2026, 1, 1), date(2025, 3, 5)),
    ],
)
def test_the_pages_day_is_the_most_recent_one(copied: str, today: date, day: date) -> None:
    assert parsed(copied, today=today).day == day


def test_the_day_asked_for_gives_the_year(copied: str) -> None:
    edition = parsed(copied, day=date(2022, 3, 5))
    assert edition.day == date(2022, 3, 5)
    assert edition.papers[0].published == date(2022, 2, 14)


def test_the_page_of_another_day_is_refused(copied: str) -> None:
    with pytest.raises(WrongDay, match="of 2024-03-06, found that of Mar 5"):
        parsed(copied, day=date(2024, 3, 6))


def test_a_page_of_29_february_is_of_the_last_leap_year(copied: str) -> None:
    assert parsed(copied.replace("Mar 5", "Feb 29"), today=date(2027, 1, 1)).day == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("when", "published"),
    [
        ("Mar 5", date(2024, 3, 5)),
        ("Mar 6", date(2023, 3, 6)),
        ("Dec 31", date(2023, 12, 31)),
        ("Feb 29", date(2024, 2, 29)),
        ("September 1", date(2023, 9, 1)),
        ("Feb 29, 2020", date(2020, 2, 29)),
    ],
)
def test_a_day_without_year_never_lies_after_the_pages_day(when: str, published: date) -> None:
    assert only(listing("A Paper", when=when)).published == published


@pytest.mark.parametrize(
    ("when", "comments"),
    [("Sep 17", 0), ("Sep 17 2", 2), ("Feb 14, 2024 1", 1), ("Feb 14, 2024", 0), ("May 1 120", 120)],
)
def test_a_number_after_the_day_counts_comments(when: str, comments: int) -> None:
    assert only(listing("A Paper", when=when)).comments == comments


@pytest.mark.parametrize(
    ("who", "authors", "organization"),
    [
        ("  • 13 authors", 13, None),
        ("1 author", 1, None),
        ("PatronusAI Patronus AI", None, "Patronus AI"),
        ("Fortytwo-Network Fortytwo", None, "Fortytwo"),
        ("google-deepmind", None, "google-deepmind"),
        ("École Normale", None, "École Normale"),
    ],
)
def test_authors_are_counted_or_an_organisation_is_named(
    who: str, authors: int | None, organization: str | None
) -> None:
    record = only(listing("A Paper", who=who))
    assert (record.authors, record.organization) == (authors, organization)


def test_line_ends_and_spaces_do_not_matter(copied: str) -> None:
    assert parsed("\ufeff" + copied.replace("\n", "\r\n")) == parsed(copied)
    assert parsed(copied.replace("\n", " \t\n")) == parsed(copied)
    assert parsed(copied.replace("\n\n", "\n\n\n \n")) == parsed(copied)
    assert parsed(copied.replace("·", "\n·\n")) == parsed(copied)
    assert parsed(copied.rstrip()) == parsed(copied)
    assert parsed(copied.replace("\n", "\r")) == parsed(copied)
    assert parsed(copied.replace("·", "\xa0·\u2009")) == parsed(copied)


def test_lines_are_limited_whatever_ends_them(copied: str) -> None:
    with pytest.raises(SourceChanged, match="lines"):
        parsed(copied.replace("\n", "\r") + "\r" * 200_000)


@pytest.mark.parametrize(
    "missing", ["new\n\n", "Subscribe\n\n", "Daily Papers\n\n", "byAK and the research community\n\n"]
)
def test_pieces_of_the_header_may_be_missing(copied: str, missing: str) -> None:
    assert parsed(copied.replace(missing, "")) == parsed(copied)


@pytest.mark.parametrize(
    "day", ["Mar\n5", "Mar\n\n5", "March 5", "Mar 5, 2024", "Search\n\nMar 5\n\nSubscribe"]
)
def test_the_day_may_be_written_otherwise(copied: str, day: str) -> None:
    assert parsed(copied.replace("Mar 5", day)) == parsed(copied)


def test_without_its_day_a_page_is_of_the_day_asked_for(copied: str) -> None:
    headless = copied.replace("Mar 5\n\n", "")
    assert parsed(headless, day=DAY) == parsed(copied)
    assert parsed(headless[headless.index("Paper Boats") :], day=DAY) == parsed(copied)
    with pytest.raises(SourceChanged, match="say which day it is"):
        parsed(headless)


def test_an_abstract_may_have_paragraphs_and_hard_wraps() -> None:
    record = only(
        listing(
            "A Paper\nin Two Lines", abstract="First,\none line.\n\nThen another.\n\nCode: https://a.example"
        )
    )
    assert record.title == "A Paper in Two Lines"
    assert record.abstract == "First, one line. Then another. Code: https://a.example"


def test_papers_without_author_lines_are_told_from_paragraphs() -> None:
    text = (
        "Mar 5\n\n"
        f"One\n\n{ABSTRACT}\n\nTwo?\n\n{ABSTRACT}\n\n" + listing("Three") + listing("Four") + listing("Five")
    )
    assert [paper.title for paper in parsed(text).papers] == ["One", "Two?", "Three", "Four", "Five"]


def test_the_last_paper_may_lack_its_author_line() -> None:
    text = "Mar 5\n\n" + listing("One") + f"Two\n\n{ABSTRACT}"
    assert [paper.published for paper in parsed(text).papers] == [date(2024, 2, 1), None]


@pytest.mark.parametrize("when", ["Feb 30, 2024", "some day"])
def test_a_paper_with_an_impossible_day_has_none(when: str) -> None:
    edition = parsed("Mar 5\n\n" + listing("One") + listing("Two", when=when) + listing("Three"))
    assert [paper.title for paper in edition.papers] == ["One", "Two", "Three"]
    assert (edition.papers[1].published, edition.unreadable) == (None, {"published": 1})


def test_a_paper_with_more_comments_than_can_be_stored_has_no_number_of_them() -> None:
    edition = parsed("Mar 5\n\n" + listing("One") + listing("Two", when="Feb 2 9999999999"))
    assert (edition.papers[1].comments, edition.unreadable) == (None, {"comments": 1})


@pytest.mark.parametrize(
    "end",
    [
        "A Title without",
        "A Title\n\nAn abstract that stops in the",
        "A Title\n\nAn abstract that stops in parentheses (e.g.",
        f"A Title\n\n{ABSTRACT}\n\n  • 3 auth",
        f"A Title\n\n{ABSTRACT}\n\n  • 3 authors",
        f"A Title\n\n{ABSTRACT}\n\n  • 3 authors\n·",
        f"A Title\n\n{ABSTRACT}\n\n  • 3 authors\n·\nFeb",
        f"A Title\n\n{ABSTRACT}\n\n  • 3 authors\n·\nFeb 2, 20",
        "A Title\n\nA sentence of many.",
    ],
)
def test_a_text_that_breaks_off_is_refused(end: str) -> None:
    with pytest.raises(SourceChanged, match="breaks off in “A Title"):
        parsed("Mar 5\n\n" + listing("One") + listing("Two") + end)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hello", "something that begins with “hello”"),
        ("Daily Papers\n\nMar 5", "something that begins with “Daily Papers Mar 5”"),
        (
            "A letter\n\nDear reader, nothing in here is a paper.\n\nYours\n\n" * 20,
            "something that begins with “A letter Dear reader,",
        ),
        ("Mar 5\n\nOne\n\n" + ABSTRACT, "something that begins with “Mar 5 One Something is measured"),
        ("·\n" * 1_000, "text without its author lines"),
        ("%PDF-1.7 hello", "something that begins with “%PDF-1.7 hello”"),
    ],
)
def test_text_that_is_no_page_is_not_the_expected_page(text: str, found: str) -> None:
    with pytest.raises(SourceChanged, match=re.escape(f", found {found}")):
        parsed(text, day=DAY)
