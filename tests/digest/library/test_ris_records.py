"""RIS as reference managers write it: records without an end, in disorder, with a mark before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.reading import read
from digest.library.reference import references
from digest.library.ris import ris
from tests.digest.library.papers import paper

RECORD = "TY  - JOUR\nTI  - One\nDO  - 10.1000/x\nER  - \n"
OTHER = "TY  - UNPB\nT1  - Two\nUR  - https://arxiv.org/abs/2311.12345v2\nER  - \n"
BOTH = ["doi:10.1000/x", "arxiv:2311.12345"]


def keys(text: str | bytes) -> list[str]:
    return [entry.key for entry in read(text).entries]


@pytest.mark.parametrize(
    "text",
    [
        RECORD + OTHER,
        "\ufeff" + RECORD + OTHER,
        (RECORD + OTHER).replace("ER  - \n", ""),
        (RECORD + OTHER).replace("\n", "\r\n"),
        (RECORD + OTHER).replace("  - ", " - "),
        (RECORD + OTHER).replace("  - ", "  -"),
        "\n\n" + RECORD + "\n\n" + OTHER.replace("\n", "\n\n"),
        "  " + (RECORD + OTHER).replace("\n", "\n  "),
    ],
)
def test_no_record_is_lost_however_the_file_is_written(text: str) -> None:
    assert keys(text) == BOTH
    assert not read(text).problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_is_read_in_the_encoding_it_is_in(encoding: str) -> None:
    (entry,) = read("TY  - JOUR\nTI  - Café\nER  - \n".encode(encoding)).entries
    assert entry.title == "Café"


@pytest.mark.parametrize(
    "field",
    [
        "DO  - 10.48550/arXiv.2311.12345",
        "N1  - arXiv:2311.12345 [cs]",
        "JO  - arXiv preprint arXiv:2311.12345",
        "M1  - arXiv:2311.12345",
        "UR  - http://example.org/; https://arxiv.org/abs/2311.12345",
    ],
)
def test_a_paper_of_arxiv_is_found_in_whichever_field_it_stands(field: str) -> None:
    assert keys(f"TY  - GEN\nTI  - One\n{field}\nER  - \n") == ["arxiv:2311.12345"]


def test_a_title_may_be_continued_on_the_next_line() -> None:
    (entry,) = read("TY  - GEN\nTI  - A title\n  of two lines\nDO  - 10.1000/x\nER  - ").entries
    assert entry.title == "A title of two lines"


def test_what_stands_outside_of_records_or_identifies_nothing_is_told_with_its_line() -> None:
    reading = read(RECORD + "stray\nTY  - GEN\nER  - \n")
    assert [problem.line for problem in reading.problems] == [5, 6]


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
        min_size=1,
        max_size=4,
    )
)
def test_what_this_service_exports_it_reads_back(titles: list[str]) -> None:
    papers = [paper(title, key=f"arxiv:2511.0000{number}") for number, title in enumerate(titles)]
    reading = read(ris(references(papers)))
    assert not reading.problems
    assert [entry.key for entry in reading.entries] == [one.key for one in papers]


@given(
    st.lists(
        st.sampled_from(
            ["TY  - JOUR", "TI  - One", "ER  - ", "TY - ", "more", "", "UR  - ;", "AU  - A", "ZZ  - x"]
        )
    )
)
def test_a_record_with_a_title_is_never_lost(lines: list[str]) -> None:
    assert bool(read("\n".join(["TY  - GEN", *lines])).entries) == _titled(lines)


def _titled(lines: list[str]) -> bool:
    """Whether some title stands inside of a record."""
    inside = True
    for line in lines:
        if inside and line == "TI  - One":
            return True
        inside = line.startswith("TY") or (inside and not line.startswith("ER"))
    return False
