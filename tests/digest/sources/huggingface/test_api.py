"""The Hugging Face API's answers: every field trap."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, WrongDay, parse

TODAY = date(2026, 11, 20)
DAY = date(2026, 4, 7)


def entry(number: int = 1, **paper: Any) -> dict[str, Any]:
    return {
        "paper": {
            "id": f"2604.{number:05}",
            "title": f"Paper {number}",
            "submittedOnDailyAt": str(DAY),
            **paper,
        },
        "numComments": 0,
    }


def parsed(*entries: Any, day: date | None = DAY) -> ParsedAnswer:
    return parse(json.dumps(entries).encode(), today=TODAY, day=day)


def only(**paper: Any) -> PaperRecord:
    """The record of a paper with these fields."""
    (record,) = parsed(entry(**paper)).papers
    return record


def test_an_answer_of_2024_takes_the_day_asked_for(pages: Path) -> None:
    edition = parse(pages.joinpath("api-2024.json").read_bytes(), today=TODAY, day=date(2024, 3, 5))
    assert (edition.day, edition.format, edition.rejected) == (date(2024, 3, 5), "api-json", ())
    assert edition.papers[0] == PaperRecord(
        key="arxiv:2403.01001",
        title="Paper Boats: Folding Small Language Models for Slow Rivers",
        abstract="We fold a small language model until it fits a paper boat. Folding keeps L_2 norms and "
        "G_{stack} stacks intact, as “folding” should. The boats float.",
        authors=3,
        organization=None,
        published=date(2024, 3, 3),
        comments=3,
        upvotes=41,
        url="https://huggingface.co/papers/2403.01001",
        day=date(2024, 3, 5),
        author_names=("Ada Quill", "Bo Tern", "Cy Wren"),
    )
    assert [paper.key for paper in edition.papers] == [
        "arxiv:2403.01001",
        "arxiv:2403.01002",
        "arxiv:2403.0100",
    ]


def test_an_author_hidden_on_the_page_counts_but_is_not_named(pages: Path) -> None:
    edition = parse(pages.joinpath("api-2024.json").read_bytes(), today=TODAY, day=date(2024, 3, 5))
    assert (edition.papers[1].authors, edition.papers[1].author_names) == (2, ("Dee Loon",))


def test_tags_in_a_title_stay_text(pages: Path) -> None:
    edition = parse(pages.joinpath("api-2024.json").read_bytes(), today=TODAY, day=date(2024, 3, 5))
    assert edition.papers[1].title == 'When is a <think> tag & a "quote" not a tag?'


def test_an_answer_of_2024_is_of_the_day_its_papers_were_submitted_for(pages: Path) -> None:
    assert parse(pages.joinpath("api-2024.json").read_bytes(), today=TODAY).day == date(2024, 3, 5)


@pytest.mark.parametrize(
    ("submitted", "day"),
    [("2025-01-14T21:48:02.000Z", date(2025, 1, 15)), ("2024-06-12T16:02:00.000Z", date(2024, 6, 12))],
)
def test_a_paper_submitted_late_in_the_evening_is_of_the_next_day(submitted: str, day: date) -> None:
    old = {"paper": {"title": "Old", "publishedAt": "2024-05-01T00:00:00.000Z"}, "publishedAt": submitted}
    assert parsed(old, day=None).day == day


@pytest.mark.parametrize("outer", ["2025-03-10T20:00:00.000Z", "yesterday", "2025-03-12", 7, None])
def test_an_outer_day_that_is_no_submission_asks_for_the_date(outer: object) -> None:
    entry = {"paper": {"title": "New", "publishedAt": "2025-03-11T00:00:00.000Z"}, "publishedAt": outer}
    with pytest.raises(SourceChanged, match="say which day it is"):
        parsed(entry, day=None)


def test_an_answer_of_2026_names_its_day_itself_and_a_paper_may_be_of_another(pages: Path) -> None:
    edition = parse(pages.joinpath("api-2026.json").read_bytes(), today=TODAY)
    assert edition.day == DAY
    assert [paper.day for paper in edition.papers] == [DAY, DAY, date(2026, 4, 6)]
    assert [paper.organization for paper in edition.papers] == ["Kite Lab", "lanterns", None]
    assert edition.papers[0].code_url == "https://github.com/kite-lab/reader"
    assert edition.papers[0].project_url == "https://kites.example/read"


@pytest.mark.parametrize(
    ("said", "summary"),
    [(" Kites\nread <b>. ", "Kites read <b>."), ("", None), (None, None), ({"a": 1}, None)],
)
def test_the_sources_own_summary_is_taken_where_it_is_one(said: object, summary: str | None) -> None:
    entry = {"paper": {"title": "Kites", "summary": "The abstract.", "ai_summary": said}}
    (paper,) = parsed(entry, day=DAY).papers
    assert (paper.abstract, paper.summary) == ("The abstract.", summary)


def test_a_second_version_of_a_paper_in_the_list_is_the_same_paper(pages: Path) -> None:
    edition = parse(pages.joinpath("api-2026.json").read_bytes(), today=TODAY)
    assert [paper.title for paper in edition.papers if paper.key == "arxiv:2604.02001"] == [
        "Kites that Read: Reinforcement Learning in Wind"
    ]


def test_an_answer_for_another_day_is_refused(pages: Path) -> None:
    with pytest.raises(WrongDay, match="of 2026-04-08, found that of 2026-04-07"):
        parse(pages.joinpath("api-2026.json").read_bytes(), today=TODAY, day=date(2026, 4, 8))


def test_a_paper_that_was_listed_on_another_day_belongs_to_that_day() -> None:
    answer = parsed(*(entry(n) for n in range(1, 4)), entry(9, submittedOnDailyAt="2026-04-06T23:50:00.000Z"))
    assert answer.day == DAY
    assert [paper.day for paper in answer.papers] == [DAY, DAY, DAY, date(2026, 4, 6)]
    assert answer.rejected == ()


def test_papers_of_many_days_each_keep_their_own() -> None:
    entries = [entry(number, submittedOnDailyAt=f"2026-04-{number:02}") for number in range(1, 8)]
    for day in (None, DAY):
        answer = parsed(*entries, day=day)
        assert (answer.day, [paper.day.day for paper in answer.papers]) == (DAY, [1, 2, 3, 4, 5, 6, 7])


def test_a_day_still_to_come_is_no_day_on_which_a_paper_was_listed() -> None:
    answer = parsed(entry(1), entry(2), entry(3, submittedOnDailyAt="2062-04-07"))
    assert [paper.day for paper in answer.papers] == [DAY, DAY, DAY]
    assert answer.unreadable == {"submittedOnDailyAt": 1}


def test_an_empty_answer_is_a_day_without_papers() -> None:
    assert parsed(day=date(2026, 4, 5)) == ParsedAnswer(date(2026, 4, 5), "api-json", (), ())


def test_a_title_is_enough_for_a_paper() -> None:
    record = only(id=None)
    assert record.key.startswith("title:")
    assert record.url == "https://huggingface.co/papers?q=Paper+1"
    assert (record.authors, record.published, record.upvotes, record.organization) == (None, None, None, None)


def test_outer_fields_stand_in_for_inner_ones_but_never_the_outer_day() -> None:
    outer = {
        "title": "Outer",
        "summary": "Abstract.",
        "publishedAt": "2026-04-06",
        "organization": {"fullname": "Org"},
    }
    (record,) = parsed({**entry(title=None, publishedAt=None), **outer}).papers
    assert (record.title, record.abstract, record.organization) == ("Outer", "Abstract.", "Org")
    assert record.published is None


@pytest.mark.parametrize("title", [None, "", " \u202e\n ", {"en": "Title"}, "half \ud83d"])
def test_a_paper_without_a_title_is_rejected_alone(title: object) -> None:
    edition = parsed(entry(1), entry(2, title=title), entry(3))
    assert [paper.title for paper in edition.papers] == ["Paper 1", "Paper 3"]
    (rejected,) = edition.rejected
    assert rejected.position == 2
    assert rejected.why in ("it has no title", "its title is damaged (it holds half a character)")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("summary", ["Abstract."]),
        ("id", 2503.0213),
        ("upvotes", "many"),
        ("upvotes", -1),
        ("upvotes", 2**31),
        ("upvotes", True),
        ("upvotes", 1.5),
        ("authors", "all of us"),
        ("authors", [None, 7, "Ada Quill"]),
        ("organization", ["Org"]),
        ("publishedAt", "yesterday"),
        ("publishedAt", "2026-02-30T00:00:00.000Z"),
        ("publishedAt", "2026-06"),
        ("publishedAt", 1780000000),
        ("submittedOnDailyAt", "soon"),
        ("githubRepo", {"url": "https://github.com/a/b"}),
        ("ai_summary", 1),
    ],
)
def test_a_field_that_cannot_be_read_is_left_empty_and_counted_and_the_paper_stays(
    field: str, value: Any
) -> None:
    edition = parsed(entry(1), entry(2, **{field: value}), entry(3))
    assert [paper.title for paper in edition.papers] == ["Paper 1", "Paper 2", "Paper 3"]
    assert edition.rejected == ()
    assert edition.unreadable == {field: 1}
    assert {paper.day for paper in edition.papers} == {DAY}


@pytest.mark.parametrize(
    ("field", "value", "attribute", "read"),
    [
        ("publishedAt", "2026-6-30", "published", date(2026, 6, 30)),
        ("publishedAt", "2026/06/30", "published", date(2026, 6, 30)),
        ("upvotes", "12", "upvotes", 12),
        ("organization", "Lab", "organization", "Lab"),
        ("organization", {"fullname": 7, "name": "lab"}, "organization", "lab"),
        ("authors", ["A", "B"], "author_names", ("A", "B")),
        ("authors", ["A", "B"], "authors", 2),
        ("authors", [{"name": ["A"]}, {"name": "B"}], "author_names", ("B",)),
    ],
)
def test_a_field_that_is_written_otherwise_is_read(
    field: str, value: object, attribute: str, read: object
) -> None:
    assert getattr(only(**{field: value}), attribute) == read


def test_a_title_that_cannot_be_read_inside_is_taken_from_outside() -> None:
    (record,) = parsed({**entry(title={"en": "Kites"}), "title": "Kites"}).papers
    assert (record.title, record.unreadable) == ("Kites", ("title",))


def test_entries_that_are_no_objects_are_rejected() -> None:
    edition = parsed(entry(1), None, entry(2), {"paper": "x"}, entry(3))
    assert [rejected.position for rejected in edition.rejected] == [2, 4]


def test_more_bad_papers_than_good_ones_mean_that_the_source_has_changed() -> None:
    with pytest.raises(SourceChanged, match="2 of 3 unreadable"):
        parsed(entry(1), entry(2, title=None), entry(3, title=None))


def test_half_a_character_in_an_abstract_is_dropped() -> None:
    assert only(summary="Boats \ud83d float.").abstract == "Boats float."


def test_an_error_of_the_api_is_told() -> None:
    with pytest.raises(SourceChanged, match="Invalid date"):
        parse(b'{"error": "Invalid date"}', today=TODAY, day=DAY)
