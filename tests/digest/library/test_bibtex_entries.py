"""BibTeX as reference managers and people write it: nothing of it is lost in silence."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.library.bibtex import bibtex
from digest.library.reading import read
from digest.library.reference import references
from tests.digest.library.papers import paper

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


def only(text: str) -> tuple[str, str]:
    (entry,) = read(text).entries
    return entry.key, entry.title


@pytest.mark.parametrize(
    "fields",
    [
        "eprint={2311.12345}, archiveprefix={arXiv}",
        "eprint={arXiv:2311.12345v2}",
        "journal={arXiv preprint arXiv:2311.12345}",
        'journal="arXiv preprint " # arx, note="Submitted"',
        "doi={10.48550/arXiv.2311.12345}",
        r"url={\url{http://arxiv.org/abs/2311.12345}}",
        "url = {https://www.alphaxiv.org/abs/2311.12345}",
        "note={arXiv:2311.12345 [cs]}",
    ],
)
def test_a_paper_of_arxiv_is_found_in_whichever_field_it_stands(fields: str) -> None:
    strings = "@string{arx = {arXiv:2311.12345}}\n"
    assert only(f"{strings}@article{{a, title={{One}}, {fields}}}") == ("arxiv:2311.12345", "One")


@pytest.mark.parametrize("kind", ["online", "software", "dataset", "thesis", "whatever"])
def test_an_entry_of_any_kind_counts(kind: str) -> None:
    assert only(f"@{kind}{{a, doi={{10.1000/x}}, title={{One}}}}") == ("doi:10.1000/x", "One")


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("{{GPT-4} beats {BERT}}", "GPT-4 beats BERT"),
        ("{Half of it: 50% off & more}", "Half of it: 50% off & more"),
        (r"{60\% of {\textless}think{\textgreater}}", "60% of <think>"),
        (r"{Caf\'e and G{\"o}del}", "Café and Gödel"),
        ('"Of {"}quotes{"}"', 'Of "quotes"'),
        (r"{Bounds of $O(n^{2})$}", "Bounds of $O(n^{2})$"),
        (r"{What \ours does}", r"What \ours does"),
        ('"Joined " # {by a sign}', "Joined by a sign"),
    ],
)
def test_a_title_loses_no_word(source: str, title: str) -> None:
    assert only(f"@misc{{a, title = {source}, doi = {{10.1000/x}}}}")[1] == title


def test_a_doi_is_no_tex() -> None:
    assert only(r"@misc{a, doi={10.1000/AB_c%d\_e}}")[0] == "doi:10.1000/ab_c%d_e"


def test_of_entries_with_one_citation_key_all_count() -> None:
    reading = read("@misc{a, doi={10.1000/x}}\n@misc{a, doi={10.1000/y}}\n@misc{b, title={One}, title={Two}}")
    assert [(entry.line, entry.key) for entry in reading.entries[:2]] == [
        (1, "doi:10.1000/x"),
        (2, "doi:10.1000/y"),
    ]
    assert reading.entries[2].title == "One"


def test_a_broken_entry_is_told_with_its_line_and_the_next_one_counts() -> None:
    reading = read("@misc{a,\n title={Never closed,\n\n@misc{b, doi={10.1000/x}}\nmisc{c, title={No sign}}\n")
    assert [entry.key for entry in reading.entries] == ["doi:10.1000/x"]
    assert [problem.line for problem in reading.problems] == [1, 5]


def test_an_entry_that_identifies_nothing_is_told() -> None:
    (problem,) = read("@misc{a, year=2020}").problems
    assert (problem.line, problem.text) == (1, "@misc{a, year=2020}")


def test_ids_pasted_between_entries_count() -> None:
    text = "% Encoding: UTF-8\n2311.12345\n@misc{a, doi={10.1000/x}}\narXiv:2401.00001"
    assert [entry.key for entry in read(text).entries] == [
        "arxiv:2311.12345",
        "doi:10.1000/x",
        "arxiv:2401.00001",
    ]
    assert not read(text).problems


@given(st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4))
def test_what_this_service_exports_it_reads_back(titles: list[str]) -> None:
    papers = [paper(title, key=f"arxiv:2511.0000{number}") for number, title in enumerate(titles)]
    reading = read(bibtex(references(papers)))
    assert not reading.problems
    assert [entry.key for entry in reading.entries] == [one.key for one in papers]


@given(st.text('@{}()"=,#\\%\n misc1a$', max_size=300))
def test_whatever_looks_like_bibtex_is_read_or_told(text: str) -> None:
    assert read("@misc{a," + text) is not None


@pytest.mark.parametrize(
    "bomb",
    [
        "{" * 100_000,
        "@misc{a,title={" + "{a" * 50_000,
        '@misc{a,x="' + "\\" * 100_000,
        "@" * 100_000 + "{",
        "#{" * 50_000,
    ],
)
def test_a_hostile_file_takes_no_longer_than_another(bomb: str) -> None:
    started = time.process_time()
    read("@misc{a, title=" + bomb)
    assert time.process_time() - started < 5


def test_abbreviations_of_abbreviations_do_not_grow_without_end() -> None:
    bomb = f'@string{{a = "{"x" * 19_000}"}}\n' + "".join(
        f"@string{{{name} = {' # '.join([before] * 4000)}}}\n" for before, name in ("ab", "bc", "cd")
    )
    (entry,) = read(f"{bomb}@misc{{k, title = d # d, eprint = {{2311.12345}}}}").entries
    assert entry.key == "arxiv:2311.12345"
    assert len(entry.title) < 20_000
