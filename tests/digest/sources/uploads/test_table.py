"""Tables of papers: whatever wrote them."""

from datetime import date
from pathlib import Path

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, WrongDay, parse

TODAY = date(2024, 3, 7)
DAY = date(2024, 3, 5)


def read(table: str | bytes, day: date | None = None) -> ParsedAnswer:
    return parse(table if isinstance(table, bytes) else table.encode(), today=TODAY, day=day)


def only(columns: str, row: str) -> PaperRecord:
    (paper,) = read(f"{columns}\n{row}\n").papers
    return paper


def test_a_table_of_a_spreadsheet_is_read(pages: Path) -> None:
    answer = read(pages.joinpath("table.csv").read_bytes())
    first, second = answer.papers
    assert (answer.format, answer.day, answer.rejected) == ("table", TODAY, ())
    assert (first.key, first.title) == ("doi:10.5555/boats.1", "Paper Boats; or, Folding")
    assert (first.abstract, first.upvotes) == ('First line. Second "line".', 12)
    assert (first.author_names, first.published) == (("Quill, Ada", "Tern, Bo"), date(2024, 3, 1))
    assert second.author_names == ("Cy Wren",)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_letters_line_ends_and_the_sign_between_cells_are_found(
    delimiter: str, ends: str, encoding: str
) -> None:
    table = ends.join([delimiter.join(["DOI", "Title", "Notes"]), delimiter.join(["10.5555/a", "Café", "x"])])
    (paper,) = read(table.encode(encoding)).papers
    assert (paper.key, paper.title) == ("doi:10.5555/a", "Café")


@pytest.mark.parametrize(
    "columns",
    ["Title,Abstract Note,Url", "title,abstract,link", "Paper title,Summary,URL", "TITLE,ABSTRACT,Urls"],
)
def test_columns_are_known_by_the_names_that_programs_give_them(columns: str) -> None:
    paper = only(columns, "Kites,They fly.,https://a.example/k")
    assert (paper.title, paper.abstract, paper.url) == ("Kites", "They fly.", "https://a.example/k")


def test_an_arxiv_id_is_found_in_its_column_or_in_the_link() -> None:
    assert only("title,arXiv ID", "Kites,2403.01001v2").key == "arxiv:2403.01001"
    assert only("title,url", "Kites,https://arxiv.org/abs/2403.01001").key == "arxiv:2403.01001"


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(1)", '=HYPERLINK(""a"")'])
def test_a_formula_is_text(cell: str) -> None:
    assert only("title,doi", f'"{cell}",').title == cell.replace('""', '"')


def test_a_number_that_a_spreadsheet_was_kept_from_reading_is_read() -> None:
    assert only("title,doi", 'Kites,"=""10.5555/a"""').key == "doi:10.5555/a"


def test_a_field_that_cannot_be_read_is_empty_and_counted() -> None:
    answer = read('title,votes,date,authors\nKites,many,2024,"Plato, Aristotle, Ada Quill"\n')
    (paper,) = answer.papers
    assert (paper.upvotes, paper.published, paper.author_names) == (None, None, ())
    assert answer.unreadable == {"upvotes": 1, "published": 1, "authors": 1}


def test_papers_are_of_the_day_in_their_column_or_of_the_one_named_or_of_today() -> None:
    table = "title,day\nA,2024-03-05\nB,2024-03-05\nC,2024-03-04\nD,\n"
    assert [paper.day.day for paper in read(table).papers] == [5, 5, 4, 5]
    assert [paper.day.day for paper in read(table, DAY).papers] == [5, 5, 4, 5]
    with pytest.raises(WrongDay):
        read(table, date(2024, 3, 1))
    assert read("title,doi\nA,\n", DAY).papers[0].day == DAY
    assert read("title,doi\nA,\n").papers[0].day == TODAY


def test_a_row_with_a_cell_too_many_is_rejected_alone() -> None:
    answer = read("title,doi\nA,\nBoats, or folding,10.5555/a\nC,\n")
    assert [paper.title for paper in answer.papers] == ["A", "C"]
    assert [reject.why for reject in answer.rejected] == ["its row has more cells than there are columns"]


def test_a_table_that_is_cut_off_in_a_cell_is_refused() -> None:
    with pytest.raises(SourceChanged, match="broken or cut off"):
        read('title,abstract\nA,"Never clos')


def test_text_with_commas_is_no_table() -> None:
    for text in ("Dear reader, the title of this is long, and so on\n", "title\nA\n", "name,place\nA,B\n"):
        with pytest.raises(SourceChanged, match="found something that begins with"):
            read(text)
