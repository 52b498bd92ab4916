"""What stands in small print below a paper's title."""

from dataclasses import replace

import pytest

from digest.compose.paper.samples import LAB_BENCH
from digest.compose.paper.view import view_paper
from digest.lib.locales import language_for

NAMES = ("Ada Lovelace", "Bo Example", "Cy Example", "Dee Example", "Zoe de Groot")


@pytest.mark.parametrize(
    ("names", "number", "said"),
    [
        (NAMES[:1], 1, "Ada Lovelace"),
        (NAMES[:2], None, "Ada Lovelace, Bo Example"),
        (NAMES[:3], 3, "Ada Lovelace, Bo Example, Cy Example"),
        (NAMES, 5, "Ada Lovelace, …, Zoe de Groot and 3 more"),
        (NAMES, 12, "Ada Lovelace and 11 others"),  # who is the last is not known
        (("", "Bo Example", " "), 1, "Bo Example"),
        ((), 12, "12 authors"),
        ((), None, ""),
    ],
)
def test_authors_are_named_as_far_as_there_is_room_and_the_source_names_them(
    names: tuple[str, ...], number: int | None, said: str
) -> None:
    record = replace(
        LAB_BENCH.record, author_names=names, authors=number, organization=None, upvotes=None, comments=None
    )
    facts = [
        fact.text for fact in view_paper(replace(LAB_BENCH, record=record), language_for("en"), False).facts
    ]
    assert facts[1:] == [said] * bool(said)
