"""Pasted lines: arXiv ids, DOIs and links in whatever people write around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.reading import read
from digest.library.reading.identifiers import find_identifiers


def keys(text: str) -> list[str]:
    return [entry.key for entry in read(text).entries]


@pytest.mark.parametrize(
    "written",
    [
        "2311.12345",
        "2311.12345v3",
        "arXiv:2311.12345",
        "arXiv:2311.12345v2 [cs.CL]",
        "arXiv: 2311.12345",
        "(see arXiv:2311.12345).",
        "“2311.12345”,",
        "* [A paper](https://arxiv.org/abs/2311.12345)",
        "https://arxiv.org/abs/2311.12345v1?context=cs.LG",
        "http://www.arxiv.org/pdf/2311.12345v2.pdf",
        "arxiv.org/html/2311.12345v1#S2",
        "https://export.arxiv.org/e-print/2311.12345",
        "https://huggingface.co/papers/2311.12345#community",
        "https://hf.co/papers/2311.12345",
        "https://www.alphaxiv.org/overview/2311.12345",
        "https://ar5iv.labs.arxiv.org/html/2311.12345",
        "https://doi.org/10.48550/arXiv.2311.12345",
        "doi:10.48550/ARXIV.2311.12345.",
    ],
)
def test_a_paper_of_arxiv_is_found_however_it_is_written(written: str) -> None:
    assert keys(written) == ["arxiv:2311.12345"]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("https://doi.org/10.1000/XYZ.123", "doi:10.1000/xyz.123"),
        ("doi: 10.1000/xyz.123;", "doi:10.1000/xyz.123"),
        ("(10.1000/xyz.123)", "doi:10.1000/xyz.123"),
        (
            "10.1000/(sici)1097(1998)49:8<693::aid>3.0.co;2-o",
            "doi:10.1000/(sici)1097(1998)49:8<693::aid>3.0.co;2-o",
        ),
        ("https://doi.org/10.1000/a%3Cb%3E", "doi:10.1000/a<b>"),
        ("https://publisher.example.org/doi/full/10.1000/xyz.123/pdf", "doi:10.1000/xyz.123"),
        (
            "https://www.biorxiv.org/content/10.1101/2023.01.01.000001v2.full.pdf",
            "doi:10.1101/2023.01.01.000001",
        ),
        ("hep-th/9901001", "arxiv:hep-th/9901001"),
        ("https://arxiv.org/abs/math.GT/0309136", "arxiv:math/0309136"),
    ],
)
def test_dois_and_old_ids_are_found(written: str, key: str) -> None:
    assert keys(written) == [key]


def test_a_line_may_name_several_papers_and_each_counts_once() -> None:
    assert keys("2311.12345,2311.12346; 2311.12347\narXiv:2311.12345v2") == [
        "arxiv:2311.12345",
        "arxiv:2311.12346",
        "arxiv:2311.12347",
    ]


def test_a_number_in_an_address_of_another_host_is_no_arxiv_id() -> None:
    assert keys("https://shop.example.org/item/2311.12345") == []


@pytest.mark.parametrize("between", [", ", ",", " ", "; "])
def test_all_ids_of_one_long_line_count(between: str) -> None:
    ids = [f"2311.{number:05}" for number in range(400)]
    assert keys(between.join(ids)) == [f"arxiv:{identifier}" for identifier in ids]


def test_each_line_that_names_no_paper_is_told_with_its_number() -> None:
    reading = read("2311.12345\n\nmy favourites\r\n10.1000/x\rhttps://example.org/")
    assert [(problem.line, problem.text) for problem in reading.problems] == [
        (3, "my favourites"),
        (5, "https://example.org/"),
    ]


def test_what_is_told_of_a_line_is_short_and_printable() -> None:
    (problem,) = read("\u202emy \x07favourites " * 50).problems
    assert len(problem.text) <= 80
    assert problem.text.isprintable()


@given(st.text())
def test_whatever_is_pasted_is_read_or_told(text: str) -> None:
    reading = read(text)
    assert all(entry.key.startswith(("arxiv:", "doi:", "title:")) for entry in reading.entries)
    assert len({entry.key for entry in reading.entries}) == len(reading.entries)


@given(
    st.from_regex(r"2[0-5](0[1-9]|1[0-2])\.[0-9]{5}", fullmatch=True), st.text(" ,;:.()[]“”<>\"'", max_size=5)
)
def test_punctuation_around_an_id_never_matters(identifier: str, punctuation: str) -> None:
    assert find_identifiers(f"{punctuation}{identifier}{punctuation}") == [f"arxiv:{identifier}"]
