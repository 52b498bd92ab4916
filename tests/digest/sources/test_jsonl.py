"""Papers as JSON Lines: carried from one instance to another, or written by hand."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.lib.records import PaperRecord, title_key
from digest.sources import ParsedAnswer, SourceChanged, WrongDay, parse

TODAY = date(2026, 11, 20)
DAY = date(2024, 3, 5)
SAMPLE = Path(__file__).parents[3] / "digest" / "sample" / "2025-11-05.jsonl"


def parsed(*lines: dict[str, Any], day: date | None = None) -> ParsedAnswer:
    return parse(printed(*lines), today=TODAY, day=day)


def printed(*lines: dict[str, Any]) -> bytes:
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode(
        "utf-8", "surrogatepass"
    )


def line(**fields: Any) -> dict[str, Any]:
    return {"key": None, "title": "A Paper", "day": "2024-03-05", **fields}


def test_every_field_comes_back(pages: Path) -> None:
    edition = parse(pages.joinpath("records.jsonl").read_bytes(), today=TODAY)
    assert (edition.day, edition.format, edition.rejected) == (DAY, "records", ())
    first, second, third = edition.papers
    assert (first.key, first.authors, first.published, first.comments, first.upvotes) == (
        "arxiv:2403.01001",
        3,
        date(2024, 3, 3),
        3,
        41,
    )
    assert (second.key, second.organization, second.authors) == (
        title_key("A Paper without a Number"),
        "Kite Lab",
        None,
    )
    assert second.url == "https://huggingface.co/papers?q=A+Paper+without+a+Number"
    assert (third.key, third.url) == ("doi:10.5555/boats.7", "https://journal.example/bridges")


def test_what_a_source_says_survives_being_printed_and_parsed(pages: Path) -> None:
    for name, day in [
        ("api-2024.json", DAY),
        ("page-2026.html", None),
        ("page.txt", None),
        ("records.jsonl", None),
    ]:
        papers = parse(pages.joinpath(name).read_bytes(), today=TODAY, day=day).papers
        again = parse(printed(*(paper.as_json() for paper in papers)), today=TODAY).papers
        assert [paper.as_json() for paper in again] == [paper.as_json() for paper in papers]


counts = st.none() | st.integers(min_value=0, max_value=2**31 - 1)
lines = st.fixed_dictionaries(
    {
        "key": st.none() | st.from_regex(r"arxiv:\d\d(0[1-9]|1[0-2])\.\d{4,5}", fullmatch=True) | st.text(),
        "title": st.text(min_size=1),
        "abstract": st.text(),
        "authors": counts,
        "organization": st.none() | st.text(),
        "published": st.none() | st.dates().map(str),
        "comments": counts,
        "upvotes": counts,
        "url": st.none() | st.text() | st.just("https://a.example/paper"),
        "day": st.just("2024-03-05"),
    }
)


@settings(deadline=None)
@given(st.lists(lines, min_size=1, max_size=5))
def test_any_records_that_are_printed_are_parsed_to_the_same(written: list[dict[str, Any]]) -> None:
    try:
        papers = parsed(*written).papers
    except SourceChanged:  # none, or too few, with a title
        return
    assert parsed(*(paper.as_json() for paper in papers)) == ParsedAnswer(DAY, "records", papers, ())


def test_names_links_and_a_summary_may_be_added() -> None:
    (record,) = parsed(
        line(
            author_names=["Ada Quill"],
            code_url="https://github.com/a/b",
            project_url="javascript:alert(1)",
            summary=" In \none  line. ",
        )
    ).papers
    assert record == PaperRecord(
        key=title_key("A Paper"),
        title="A Paper",
        abstract="",
        authors=None,
        organization=None,
        published=None,
        comments=None,
        upvotes=None,
        url="https://huggingface.co/papers?q=A+Paper",
        day=DAY,
        author_names=("Ada Quill",),
        code_url="https://github.com/a/b",
        summary="In one line.",
    )


def test_a_key_is_derived_where_the_written_one_is_none() -> None:
    versioned, nonsense = parsed(line(key="arxiv:2403.01001v4"), line(key="nonsense", title="B")).papers
    assert (versioned.key, nonsense.key) == ("arxiv:2403.01001", title_key("B"))


def test_only_a_line_without_a_title_is_rejected() -> None:
    edition = parsed(
        line(),
        line(title="B", upvotes=-1, published="2024-3-1", authors="4", url=7),
        line(title="C", day="2024-03-06"),
        line(title=" "),
        line(title="E", author_names=["Ada Quill", 7]),
    )
    assert [(r.position, r.title, r.why) for r in edition.rejected] == [(4, "", "it has no title")]
    assert edition.unreadable == {"upvotes": 1, "url": 1, "author_names": 1}
    assert [(paper.title, paper.day.day) for paper in edition.papers] == [
        ("A Paper", 5),
        ("B", 5),
        ("C", 6),
        ("E", 5),
    ]
    second, last = edition.papers[1], edition.papers[3]
    assert (second.upvotes, second.published, second.authors) == (None, date(2024, 3, 1), 4)
    assert last.author_names == ("Ada Quill",)


def test_lines_without_a_day_are_of_the_day_asked_for() -> None:
    assert parsed(line(day=None), day=DAY).papers[0].day == DAY
    with pytest.raises(SourceChanged, match="say which day it is"):
        parsed(line(day=None))


def test_lines_of_another_day_are_refused() -> None:
    with pytest.raises(WrongDay, match="of 2024-03-06, found that of 2024-03-05"):
        parsed(line(), day=date(2024, 3, 6))


def test_a_file_cut_in_a_line_is_refused() -> None:
    whole = printed(line(), line(title="B"))
    with pytest.raises(SourceChanged, match=r"JSON Lines.*cut off"):
        parse(whole[:-20], today=TODAY)


def test_lines_that_are_no_objects_are_refused() -> None:
    with pytest.raises(SourceChanged, match="a line that is none"):
        parse(printed(line()) + b"[1, 2]\n", today=TODAY)


def test_the_bundled_sample_is_whole() -> None:
    edition = parse(SAMPLE.read_bytes(), today=TODAY)
    assert (edition.day, edition.format, edition.rejected) == (date(2025, 11, 5), "records", ())
    assert len(edition.papers) >= 30
