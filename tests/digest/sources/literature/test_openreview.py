"""OpenReview: all accepted papers of a venue page by page, of the day of their publication there."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from digest.sources import ParsedAnswer, SourceChanged, SourceRefused, SourceUnavailable, parse, parse_parts
from digest.sources.adapter import Adapter
from digest.sources.literature.openreview import OPENREVIEW
from tests.digest.sources.literature.scripted import Scripted

TODAY = date(2024, 3, 6)
VENUE = "kite.example/2024/Conference"
PUBLISHED = 1709600000000  # in milliseconds: 5 March 2024


def source(**values: str) -> Adapter:
    assert OPENREVIEW.configured is not None
    return OPENREVIEW.configured({"venue": VENUE} | values)


def fetched(get: Scripted, **values: str) -> list[bytes]:
    adapter = source(**values)
    assert adapter.fetch_latest is not None
    return adapter.fetch_latest(get)


def note(number: int, venue: str = VENUE, **fields: Any) -> dict[str, Any]:
    content = {"title": f"Kite {number}", "venueid": venue} | fields
    values = {name: {"value": value} for name, value in content.items()}
    return {"id": f"kite{number}", "pdate": PUBLISHED, "content": values}


def page(*notes: Any, total: int | None = None) -> dict[str, Any]:
    return {"notes": list(notes)} | ({} if total is None else {"count": total})


def only(entry: dict[str, Any]) -> Any:
    (found,) = parse(json.dumps(page(entry)).encode(), today=TODAY).papers
    return found


@pytest.fixture
def answer(pages: Path) -> ParsedAnswer:
    return parse(pages.joinpath("openreview.json").read_bytes(), today=TODAY)


def test_each_field_is_read_from_its_value(answer: ParsedAnswer) -> None:
    first, second = answer.papers
    assert (first.title, first.abstract, first.summary) == (
        "Kites Accepted Everywhere",
        "We accept kites and $x^2$.",
        "Kites are accepted.",
    )
    assert (first.authors, first.author_names) == (2, ("Dee Loon", "Wim Vane"))
    assert second.author_names == ("A. Gust",)
    assert first.url == "https://openreview.net/forum?id=kItE000001"


def test_a_paper_is_of_the_day_of_its_publication_or_of_that_on_which_it_is_first_seen(
    answer: ParsedAnswer,
) -> None:
    assert [(paper.day, paper.published, paper.undated) for paper in answer.papers] == [
        (date(2024, 3, 5), date(2024, 3, 5), False),
        (TODAY, None, True),
    ]
    conference = only(note(1) | {"pdate": 1_800_000_000_000})
    assert (conference.day, conference.undated) == (TODAY, True)


@pytest.mark.parametrize("day", ["soon", True, -1, 10**30, 1.5, [1], None])
def test_a_day_of_publication_that_is_none_never_costs_a_paper(day: object) -> None:
    assert only(note(1) | {"pdate": day}).day == TODAY


@pytest.mark.parametrize(
    ("field", "value"),
    [("abstract", 7), ("authors", "Dee Loon"), ("authors", [7]), ("TLDR", ["a"])],
)
def test_one_wrong_field_never_costs_a_paper(field: str, value: Any) -> None:
    found = only(note(1, **{field: value}))
    assert (found.title, found.unreadable) == ("Kite 1", (field,))


def test_half_a_character_in_the_id_of_a_forum_never_costs_a_paper() -> None:
    assert only(note(1) | {"forum": "\ud800"}).title == "Kite 1"


def test_all_of_a_venue_come_page_by_page_also_where_pages_are_smaller_than_asked_for() -> None:
    get = Scripted(page(note(1), note(2), total=3), page(note(3), total=3))
    answer = parse_parts(fetched(get, token="t0ken"), today=TODAY, adapter=source())
    assert [paper.title for paper in answer.papers] == ["Kite 1", "Kite 2", "Kite 3"]
    (address, first, headers), (_, second, _) = get.asked
    assert address == "https://api2.openreview.net/notes"
    assert (first["content.venueid"], first["offset"], second["offset"]) == (VENUE, "0", "2")
    assert headers == {"Authorization": "Bearer t0ken"}


def test_three_thousand_papers_at_once_are_all_read() -> None:
    notes = [note(number) for number in range(3_000)]
    get = Scripted(*(page(*notes[start : start + 1_000], total=3_000) for start in (0, 1_000, 2_000)))
    assert len(parse_parts(fetched(get), today=TODAY, adapter=source()).papers) == 3_000


def test_without_a_total_pages_are_asked_for_until_one_is_empty() -> None:
    get = Scripted(page(note(1), note(2)), page(note(3)), page())
    assert len(fetched(get)) == 2
    assert get.answers == []


def test_pages_that_fall_short_of_the_total_are_refused_with_the_figures() -> None:
    with pytest.raises(SourceChanged, match=rf"papers of {VENUE} .* with all 5 papers, found 2 of them"):
        fetched(Scripted(page(note(1), note(2), total=5), page(total=5)))


def test_before_the_decisions_a_venue_has_no_papers() -> None:
    assert parse_parts(fetched(Scripted(page())), today=TODAY, adapter=source()).papers == ()


def test_papers_that_are_not_accepted_are_refused() -> None:
    with pytest.raises(SourceChanged, match=rf"accepted by {VENUE}, found one of “{VENUE}/Rejected"):
        fetched(Scripted(page(note(1), note(2, venue=f"{VENUE}/Rejected_Submission"), total=2)))


def test_errors_are_told_in_its_own_words() -> None:
    refusal = {"name": "ForbiddenError", "message": "Please log in", "status": 403, "details": {}}
    with pytest.raises(SourceRefused, match="Please log in"):
        fetched(Scripted(refusal))
    with pytest.raises(SourceUnavailable, match="Too many requests"):
        fetched(Scripted({"name": "RateLimitError", "message": "Too many requests", "status": 429}))
    with pytest.raises(SourceUnavailable, match="the answer is empty"):
        fetched(Scripted(b""))
    with pytest.raises(SourceRefused, match="a venue for OpenReview"):
        fetched(Scripted(), venue="")


def test_a_venue_is_stored_by_its_id_also_from_its_pages_address() -> None:
    check = OPENREVIEW.settings[0].check
    assert check(" ICLR.cc/2026/Conference/ ") == "ICLR.cc/2026/Conference"
    assert (
        check("https://openreview.net/group?id=ICLR.cc/2026/Conference#tab-oral") == "ICLR.cc/2026/Conference"
    )
    assert check("TMLR") == "TMLR"
    for wrong in ("", "ICLR 2026", "https://openreview.net/"):
        with pytest.raises(ValueError, match="looks like"):
            check(wrong)
