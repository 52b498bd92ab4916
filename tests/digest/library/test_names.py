"""Names in reference formats: family name and given names, particles, suffixes, groups."""

import pytest

from digest.library.names import Name, name


@pytest.mark.parametrize(
    ("written", "family", "given", "suffix"),
    [
        ("Ada Lovelace", "Lovelace", "Ada", ""),
        ("Lovelace, Ada", "Lovelace", "Ada", ""),
        ("Ludwig van Beethoven", "van Beethoven", "Ludwig", ""),
        ("María de la Cruz", "de la Cruz", "María", ""),
        ("Nguyen Van An", "An", "Nguyen Van", ""),
        ("Sam Davis Jr.", "Davis", "Sam", "Jr."),
        ("Sam Davis, Jr.", "Davis", "Sam", "Jr."),
        ("Davis, Jr., Sam", "Davis", "Sam", "Jr."),
        ("Henry Example III", "Example", "Henry", "III"),
        ("Xin Ai", "Ai", "Xin", ""),
    ],
)
def test_a_person_has_a_family_name_with_its_particles(
    written: str, family: str, given: str, suffix: str
) -> None:
    assert name(written) == Name(family, given, suffix)


@pytest.mark.parametrize(
    "written",
    [
        "OpenExample",
        "Example Team",
        "The Example Collaboration",
        "Fictional AI",
        "Ada and Bob",
        "Group 7",
        "李明",
    ],
)
def test_a_group_and_a_single_word_stay_whole(written: str) -> None:
    assert name(written) == Name(written)


def test_an_organisation_that_signs_its_own_paper_is_a_group() -> None:
    assert name("Fictional Things", "Fictional Things") == Name("Fictional Things")
    assert name("Fictional Things") == Name("Things", "Fictional")


def test_the_comma_in_the_name_of_a_company_makes_no_given_name() -> None:
    assert name("Example, Inc.") == Name("Example Inc.")
