"""A library in whatever form it comes, and its limits."""

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
