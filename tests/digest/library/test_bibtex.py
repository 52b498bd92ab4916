"""BibTeX that BibTeX reads: what is hostile in a title is printed, and ends no field."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.bibtex import bibtex
from digest.library.reference import references
from tests.digest.library.papers import paper
from tests.digest.library.reading import entries, printed

HOSTILE = st.text(st.sampled_from(list("aZé9 \\{}%&#_^~<>|\"'@,=-\u2028")), min_size=1, max_size=40).map(
    lambda text: f"x{text}x"
)


def fields(**values: Any) -> dict[str, str]:
    (found,) = entries(bibtex(references([paper(**values)]))).values()
    return found


def test_a_paper_of_arxiv_has_its_eprint_doi_and_month() -> None:
    assert bibtex(
        references([paper(abstract="We study 5% of it.", author_names=("Ada Lovelace", "Bo de Groot"))])
    ) == (
        "@misc{lovelace2025quantized,\n"
        "  author = {Lovelace, Ada and de Groot, Bo},\n"
        "  title = {Quantized agents},\n"
        "  year = {2025},\n"
        "  month = nov,\n"
        "  eprint = {2511.00001},\n"
        "  archiveprefix = {arXiv},\n"
        "  doi = {10.48550/arXiv.2511.00001},\n"
        "  url = {https://arxiv.org/abs/2511.00001},\n"
        "  abstract = {We study 5\\% of it.}\n"
        "}\n"
    )


@given(title=HOSTILE, abstract=HOSTILE)
def test_whatever_stands_in_a_title_is_printed_as_it_is(title: str, abstract: str) -> None:
    found = fields(title=title, abstract=abstract)
    assert printed(found["title"]) == " ".join(title.split())
    assert printed(found["abstract"]) == " ".join(abstract.split())
    assert set(found) >= {"author", "year", "eprint", "url"}


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_there_are_as_many_authors_as_the_paper_has(names: list[str]) -> None:
    source = fields(author_names=tuple(names))["author"]
    bare = source
    while "{" in bare:
        bare = re.sub(r"\{[^{}]*\}", "X", bare)
    authors = re.split(r"\s+and\s+", bare)
    assert len(authors) == len(names)
    assert all(author.count(",") <= 2 for author in authors)


@given(st.text(st.sampled_from(list("x$ \\(){}%_^2")), max_size=30))
def test_mathematics_never_breaks_the_entry(title: str) -> None:
    assert "title" in fields(title=f"On {title} and more")


def test_mathematics_is_kept_and_money_is_escaped() -> None:
    assert fields(title="An $O(n^2)$ bound")["title"] == "An {$O(n^2)$} bound"
    assert fields(title="From $5 to $10")["title"] == r"From \$5 to \$10"
    assert fields(title="A set $\\{x$ left open")["title"] == (
        r"A set \${\textbackslash}{\textbraceleft}x\$ left open"
    )
    assert fields(title="x", abstract=r"Of \(x_1\) and L_2")["abstract"] == r"Of \(x_1\) and L\_2"


def test_capitals_within_a_word_outlive_every_style() -> None:
    assert fields(title="How GPT-4 and LoRA see 3D: <think>")["title"] == (
        r"How {GPT-4} and {LoRA} see {3D:} {\textless}think{\textgreater}"
    )


@pytest.mark.parametrize(
    ("written", "source"),
    [
        ("Fictional AI", "{Fictional AI}"),
        ("others", "{others}"),
        ("Smith & Sons, Inc.", r"{Smith \& Sons Inc.}"),
        ("Sam Davis Jr.", "Davis, Jr., Sam"),
    ],
)
def test_a_group_is_not_taken_apart(written: str, source: str) -> None:
    assert fields(author_names=(written,))["author"] == source


def test_an_address_can_be_opened_as_it_stands() -> None:
    found = fields(key="doi:10.1234/a_b%20{c", url="https://example.org/?a=1&b=%7E_{x}")
    assert found["url"] == "https://example.org/?a=1&b=%7E_%7Bx%7D"
    assert found["doi"] == "10.1234/a_b%20%7Bc"


def test_keys_are_readable_and_each_is_there_once() -> None:
    same = [paper(key=f"arxiv:2511.0000{n}") for n in range(3)]
    others = [
        paper("The 数 of Ω", key="arxiv:2511.00007", author_names=("Søren Ødegård",)),
        paper("数", key="doi:10.1/x", author_names=("李明",), published=None),
    ]
    found = entries(bibtex(references([*same, same[0], *others])))
    assert list(found) == [
        "lovelace2025quantized",
        "lovelace2025quantized-2",
        "lovelace2025quantized-3",
        "odegard2025the",
        "paper",
    ]


def test_a_date_that_nobody_told_is_not_guessed() -> None:
    assert "year" not in fields(key="doi:10.1/x", published=None)
    old = fields(key="arxiv:math/0309136", published=None)
    assert (old["year"], old["month"], old["eprint"]) == ("2003", "sep", "math/0309136")
    assert fields(key="arxiv:hep-th/9901001", published=None)["year"] == "1999"
