"""What an operator may write for categories of arXiv."""

import pytest

from digest.sources.arxiv.categories import check, query_for, set_of


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("cs.LG", "cs.LG"),
        ("cs.lg, cs.CL", "cs.LG+cs.CL"),
        ("CS.lg cs.LG;stat.ml\nHEP-TH", "cs.LG+stat.ML+hep-th"),
        ("cond-mat.MTRL-SCI + physics.optics", "cond-mat.mtrl-sci+physics.optics"),
        ("q-bio", "q-bio"),
    ],
)
def test_categories_are_stored_as_arxiv_writes_them(written: str, stored: str) -> None:
    assert check(written) == stored
    assert check(stored) == stored


@pytest.mark.parametrize(
    "written", ["", " ,", "cs.LGX", "cs.", "cs.LG.AI", "hep-th.XX", "biology", "../etc", "cs.L\u0130"]
)
def test_what_cannot_be_a_category_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        check(written)


def test_more_categories_than_an_address_should_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="at most 20"):
        check(" ".join(f"cs.A{chr(ord('A') + number)}" for number in range(21)))


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.LG", "cs:cs:LG"),
        ("cs", "cs:cs"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.GA", "physics:astro-ph:GA"),
        ("physics.optics", "physics:physics:optics"),
    ],
)
def test_each_category_has_its_set_in_oai_pmh(category: str, name: str) -> None:
    assert set_of(category) == name


def test_categories_and_archives_are_found_by_a_query() -> None:
    assert query_for(["cs.LG", "math", "hep-th"]) == "cat:cs.LG OR cat:math.* OR cat:hep-th"
