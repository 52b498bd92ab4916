"""A library in whatever form it comes, and its limits."""

import time

import pytest

from digest.library.reading import MOST_ENTRIES, read

TABLE = (
    '"Key","Item Type","Author","Title","Publication Title","DOI","Url","Extra"\n'
    '"A","preprint","Lovelace, Ada","A title\nof two lines","","","http://arxiv.org/abs/2311.12345",""\n'
    '"B","journalArticle","","Two","","10.1000/x","https://example.org/",""\n'
    '"C","preprint","","Three","","","","arXiv:2401.00001 [cs]"\n'
    '"D","book","","Only a title","","","",""\n'
    '"E","note","","","","","",""\n'
)


def test_a_table_of_zotero_is_read_row_by_row() -> None:
    reading = read(TABLE)
    assert [(entry.line, entry.key) for entry in reading.entries[:3]] == [
        (2, "arxiv:2311.12345"),
        (4, "doi:10.1000/x"),
        (5, "arxiv:2401.00001"),
    ]
    assert [entry.title for entry in reading.entries] == [
        "A title of two lines",
        "Two",
        "Three",
        "Only a title",
    ]
    assert [problem.line for problem in reading.problems] == [7]


def test_a_table_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    reading = read(TABLE[:-1] + '\n"F","unclosed')
    assert len(reading.entries) == 4
    assert [problem.line for problem in reading.problems] == [7, 8]


def test_of_a_longer_library_the_first_papers_are_taken_and_the_rest_is_told() -> None:
    reading = read("\n".join(f"2401.{number:05}" for number in range(MOST_ENTRIES + 20)))
    assert len(reading.entries) == MOST_ENTRIES
    assert [problem.line for problem in reading.problems] == [MOST_ENTRIES + 1]


def test_bytes_of_anything_else_are_no_library_and_break_nothing() -> None:
    reading = read(bytes(range(256)) * 40)
    assert not reading.entries
    assert reading.problems


def test_nothing_is_an_empty_library() -> None:
    assert read(" \n\n").entries == read(b"").entries == ()
    assert read(" \n\n").problems == ()


@pytest.mark.parametrize(
    "content",
    [
        "\n" * 900_000,
        " \n" * 450_000 + "x",
        "@\n" * 450_000,
        "title,doi\n" + "a,b\n" * 220_000,
        "TY  - X\n" * 112_000,
        "@a{b, c={d}}\n" * 69_000,
        "@a{" * 300_000,
    ],
    ids=["empty lines", "blanks", "signs", "rows", "records", "entries", "openings"],
)
def test_a_file_of_nothing_but_beginnings_takes_no_longer_than_a_library(content: str) -> None:
    started = time.process_time()
    reading = read(content)
    assert time.process_time() - started < 6
    assert not reading.entries[1:]


@pytest.mark.parametrize("line", ["no paper\n", "@a{b, c={d}}\n"])
def test_what_is_too_much_to_be_read_is_told_with_the_line_where_it_begins(line: str) -> None:
    reading = read(line * 10_001)
    assert reading.problems[-1].line == 10_001
    assert "nothing was read" in reading.problems[-1].why.text
