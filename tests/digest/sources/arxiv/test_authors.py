"""Names that stand in one text."""

import time

import pytest

from digest.sources.arxiv.authors import names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("Ada Lovelace", ["Ada Lovelace"]),
        ("Ada Lovelace, Leonhard Euler", ["Ada Lovelace", "Leonhard Euler"]),
        ("Ada Lovelace (1, 2), Leonhard Euler (3)", ["Ada Lovelace", "Leonhard Euler"]),
        (
            "Ada Lovelace (Lab, London, UK), Leonhard Euler (Basel (CH, before), Berlin), Emmy Noether",
            ["Ada Lovelace", "Leonhard Euler", "Emmy Noether"],
        ),
        ("John Tukey, Jr., Ada Lovelace", ["John Tukey, Jr.", "Ada Lovelace"]),
        ("Ada Lovelace (London, Leonhard Euler", ["Ada Lovelace (London", "Leonhard Euler"]),
        ("Ada Lovelace), Leonhard Euler", ["Ada Lovelace", "Leonhard Euler"]),
        ("The Boats and Planes Collaboration", ["The Boats and Planes Collaboration"]),
    ],
)
def test_commas_within_brackets_part_no_names(text: str, names: list[str]) -> None:
    assert names_in(text) == names


def test_names_may_be_joined_by_and() -> None:
    text = "Ada Lovelace (1 and 2), Leonhard Euler and Emmy Noether ((1) London, (2) Basel and Bern)"
    assert names_in(text, joined_by_and=True) == ["Ada Lovelace", "Leonhard Euler", "Emmy Noether"]


def test_a_text_of_a_million_brackets_is_read_at_once() -> None:
    before = time.perf_counter()
    names_in("(" * 500_000 + ")" * 500_000)
    assert time.perf_counter() - before < 2


def test_a_text_of_nothing_but_blanks_and_commas_is_read_at_once() -> None:
    before = time.perf_counter()
    names_in("Ada" + " " * 1_000_000 + "and", joined_by_and=True)
    names_in("a," * 1_000_000)
    assert time.perf_counter() - before < 2
