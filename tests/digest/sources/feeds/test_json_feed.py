"""JSON Feed: its items, and its traps."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, parse

TODAY = date(2024, 3, 7)


def read(*items: Any, **feed: Any) -> ParsedAnswer:
    document = {"version": "https://jsonfeed.org/version/1", "items": list(items), **feed}
    return parse(json.dumps(document).encode(), today=TODAY)


def only(**item: Any) -> PaperRecord:
    (paper,) = read({"title": "Kites", **item}).papers
    return paper


def test_a_feed_is_told_from_lines_of_papers_and_read(pages: Path) -> None:
    answer = parse(pages.joinpath("feed.json").read_bytes(), today=TODAY)
    first, second = answer.papers
    assert (answer.format, first.key, first.abstract) == (
        "feed-json",
        "doi:10.5555/lanterns.1",
        "Light adds up. CO2 does not.",
    )
    assert (first.author_names, first.url) == (("Jo Kite", "Kay Lark"), "https://lanterns.example/sums")
    assert (second.key, second.abstract) == ("arxiv:2403.01005", "if x<y then <eos> wins")
    assert (second.author_names, second.undated) == (("Hal Ibis",), True)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2024-03-05T00:30:00+09:00", date(2024, 3, 4)),
        ("2024-03-05T23:30:00.5-05:00", date(2024, 3, 6)),
        ("2024-03-05", date(2024, 3, 5)),
        ("2024-3-5", date(2024, 3, 5)),
    ],
)
def test_an_item_is_of_its_own_day_in_utc(written: str, day: date) -> None:
    assert only(date_published=written).day == day


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date_published", "2024-03"),
        ("date_published", 1709600000),
        ("summary", ["Teaser."]),
        ("authors", "Ada Quill"),
        ("author", "Ada Quill"),
        ("url", 7),
    ],
)
def test_a_field_that_cannot_be_read_is_empty_and_counted(field: str, value: object) -> None:
    assert only(**{field: value}).unreadable == (field,)


def test_an_item_that_is_no_object_is_rejected_alone() -> None:
    answer = read({"title": "A"}, "B", {"title": "C"})
    assert [(reject.position, reject.why) for reject in answer.rejected] == [(2, "it has no title")]


def test_a_feed_without_items_is_a_day_without_news_and_one_without_a_list_is_refused() -> None:
    assert read().papers == ()
    with pytest.raises(SourceChanged, match="with its items, found none"):
        read(items={"title": "A"})


def test_a_feed_that_is_cut_off_is_refused(pages: Path) -> None:
    raw = pages.joinpath("feed.json").read_bytes().rstrip()
    for end in range(100, len(raw), 23):
        with pytest.raises(SourceChanged):
            parse(raw[:end], today=TODAY)
