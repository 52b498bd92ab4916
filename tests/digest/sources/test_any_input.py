"""Whatever comes in: one clear error or an edition, never a crash and never half of one."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.sources import MAX_BYTES, ParsedAnswer, SourceChanged, SourceUnavailable, parse

TODAY = date(2026, 11, 20)
DAY = date(2024, 3, 5)
PAGES = Path(__file__).parents[2] / "fixtures" / "pages"
EMPTY_ON_QUIET_DAYS = {"feed-xml", "feed-json"}
WHOLE = [path.read_bytes() for path in sorted(PAGES.iterdir())]


def outcome(raw: bytes) -> ParsedAnswer | None:
    """The edition, or None for a documented error that is one line of text."""
    try:
        edition = parse(raw, today=TODAY, day=DAY)
    except (SourceChanged, SourceUnavailable) as error:
        assert str(error)
        assert str(error).isprintable()
        return None
    assert edition.papers or edition.format in EMPTY_ON_QUIET_DAYS
    return edition


@settings(deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_arbitrary_bytes_are_refused(raw: bytes) -> None:
    if raw.strip() != b"[]":
        assert outcome(raw) is None


@settings(deadline=None)
@given(st.sampled_from(["<main>", "<!doctype html><html>", "[", "{", "Mar 5\n\n", "\ufeff"]), st.text())
def test_arbitrary_text_after_a_promising_start_is_refused(start: str, rest: str) -> None:
    if (start + rest).strip() != "[]":
        assert outcome((start + rest).encode()) is None


@settings(deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_a_file_cut_anywhere_is_refused_or_still_whole_papers(whole: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(min_value=0, max_value=len(whole)))
    outcome(whole[:cut])


@settings(deadline=None)
@given(st.sampled_from(WHOLE), st.data())
def test_a_damaged_file_is_refused_or_read(whole: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(min_value=0, max_value=len(whole)))
    end = data.draw(st.integers(min_value=start, max_value=min(start + 50, len(whole))))
    outcome(whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
NAMES = [
    "title",
    "summary",
    "id",
    "authors",
    "publishedAt",
    "upvotes",
    "organization",
    "githubRepo",
    "submittedOnDailyAt",
]
papers = st.dictionaries(st.sampled_from(NAMES), anything, max_size=len(NAMES))
entries = anything | st.fixed_dictionaries(
    {"paper": papers | anything, "numComments": anything, "title": anything}
)


@settings(deadline=None)
@given(st.lists(entries, max_size=3))
def test_hostile_fields_reject_papers_and_never_crash(hostile: list[Any]) -> None:
    good = [{"paper": {"title": f"Good {number}", "submittedOnDailyAt": str(DAY)}} for number in range(4)]
    edition = outcome(json.dumps([*good, *hostile]).encode())
    assert edition is not None
    assert [paper.title for paper in edition.papers[:4]] == ["Good 0", "Good 1", "Good 2", "Good 3"]
    assert all(reject.position > 4 for reject in edition.rejected)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t ", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
        (b"PK\x03\x04\x00\x00", "binary data"),
        ("Mar 5".encode("utf-16"), "not UTF-8"),
        (b"x" * (MAX_BYTES + 1), "at most 10 MB, found 11 MB"),
        (b"\x00" * 50_000_000, "at most 10 MB, found 50 MB"),
        (b"[" * 100_000, "too deep"),
        (b'{"a":' * 100_000, "too deep"),
        (b"<main>Daily Papers" + b"<div>" * 90_000, "more than 250 deep"),
        (b"<main>Daily Papers" + b"<p>" * 3_000_000, "3,000,001 tags"),
        (b"[" + b"0," * 4_500_000 + b"0]", "4,500,001 papers"),
        (b"{}\n" * 3_000_000, "3,000,000 lines"),
        (b"\xc2\xb7\n" + b"a\n\n" * 3_000_000, "6,000,001 lines"),
    ],
    ids=[
        "empty",
        "blank",
        "picture",
        "zip",
        "utf-16",
        "10 MB",
        "50 MB",
        "deep list",
        "deep object",
        "deep tags",
        "many tags",
        "many entries",
        "many records",
        "many lines",
    ],
)
def test_what_can_be_nothing_of_ours_is_refused_with_what_was_found(raw: bytes, found: str) -> None:
    with pytest.raises(SourceChanged, match=found):
        parse(raw, today=TODAY, day=DAY)


def test_equal_input_gives_equal_editions() -> None:
    for whole in WHOLE:
        assert outcome(whole) == outcome(whole)


@pytest.mark.parametrize("seconds", [6, pytest.param(300, marks=pytest.mark.faults)])
def test_a_damaged_answer_of_any_kind_ends_soon_with_little_memory_and_a_named_error(seconds: int) -> None:
    fuzzing = [sys.executable, "-m", "tests.digest.sources.fuzzing", "--seconds", str(seconds)]
    ended = subprocess.run(fuzzing, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr[-1_000:]
