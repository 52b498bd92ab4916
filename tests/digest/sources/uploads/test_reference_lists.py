"""BibTeX and RIS as lists of papers, with abstracts and authors."""

from datetime import date
from pathlib import Path

import pytest

from digest.lib.records import PaperRecord
from digest.sources import ParsedAnswer, SourceChanged, parse

TODAY = date(2024, 3, 7)
DAY = date(2024, 3, 5)


def read(text: str, day: date | None = None) -> ParsedAnswer:
    return parse(text.encode(), today=TODAY, day=day)


def bibtex(**fields: str) -> PaperRecord:
    values = "".join(f", {name} = {{{value}}}" for name, value in {"title": "Kites", **fields}.items())
    (paper,) = read(f"@misc{{k{values}}}").papers
    return paper


def ris(*lines: str) -> PaperRecord:
    (paper,) = read("\n".join(["TY  - JOUR", "TI  - Kites", *lines, "ER  - "])).papers
    return paper


def test_a_bibtex_file_is_read(pages: Path) -> None:
    answer = parse(pages.joinpath("references.bib").read_bytes(), today=TODAY)
    first, second = answer.papers
    assert (answer.format, answer.rejected) == ("bibtex", ())
    assert (first.key, first.other_keys) == ("arxiv:2403.01001", ("doi:10.5555/boats_7",))
    assert first.title == "Folding at 60% of Café Speed, 100% Paper"
    assert first.abstract == "We fold <b> boats, where $x_{1} < y$."
    assert (first.author_names, first.published) == (("Ada Quill", "Bo Tern", "Kite Lab"), date(2024, 3, 1))
    assert (second.author_names, second.authors, second.published) == (("C. Wren",), None, None)
    assert second.url == "https://hulls.example/a"


def test_an_ris_file_is_read_also_where_its_last_record_has_no_end(pages: Path) -> None:
    answer = parse(pages.joinpath("references.ris").read_bytes(), today=TODAY)
    first, second = answer.papers
    assert (answer.format, answer.rejected) == ("ris", ())
    assert (first.key, first.abstract, first.published) == (
        "doi:10.5555/boats.8",
        "We fold boats.",
        date(2024, 3, 1),
    )
    assert (first.author_names, first.authors) == (("Ada Quill", "Bo Tern"), 2)
    assert (second.key, second.published) == ("arxiv:2403.01009", None)


def test_papers_are_of_the_day_that_is_named_or_of_today() -> None:
    assert read("@misc{k, title = {Kites}}", DAY).papers[0].day == DAY
    assert bibtex().day == ris().day == TODAY


@pytest.mark.parametrize(
    "fields",
    [
        {"eprint": "2403.01001", "archiveprefix": "arXiv"},
        {"eprint": "arXiv:2403.01001v2"},
        {"doi": "10.48550/arXiv.2403.01001"},
        {"url": r"\url{https://arxiv.org/abs/2403.01001}"},
    ],
)
def test_an_arxiv_id_is_found_in_its_fields(fields: dict[str, str]) -> None:
    assert bibtex(**fields).key == "arxiv:2403.01001"


def test_dates_that_name_no_day_are_none_and_impossible_ones_are_counted() -> None:
    assert (bibtex(date="2024-03").published, bibtex(year="2024").published) == (None, None)
    assert (bibtex(date="2024-13-40").published, bibtex(date="2024-13-40").unreadable) == (None, ("date",))
    assert (ris("DA  - 2024///").published, ris("DA  - 2024/02/30/").unreadable) == (None, ("date",))


def test_an_entry_without_an_end_or_a_beginning_is_rejected_alone() -> None:
    whole = "@misc{a, title = {A}}\n@misc{b, title = {B}}\n"
    cut = read(f"{whole}@misc{{c, title = {{C")
    lacking = read(f"{whole}misc{{c, title = {{C}}}}\n@misc{{d, title = {{D}}}}")
    assert [reject.why for reject in cut.rejected] == ["it has no end"]
    assert [reject.why for reject in lacking.rejected] == ["it stands outside of any record"]
    assert [paper.title for paper in lacking.papers] == ["A", "B", "D"]


def test_a_list_that_is_cut_off_in_its_only_entry_is_refused() -> None:
    with pytest.raises(SourceChanged, match="1 of 1 unreadable"):
        read("@misc{c, title = {C")


def test_records_of_ris_whose_ends_are_missing_stay_apart() -> None:
    assert [paper.title for paper in read("TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\n").papers] == ["A", "B"]
