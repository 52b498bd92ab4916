"""What scraped text loses before it is printed."""

import sys

import pytest

from digest.lib.safe_text import printable


@pytest.mark.parametrize(
    "character", ["\x00", "\x02", "\x1b", "\x7f", "\u202e", "\u2066", "\ufeff", "\ud800"]
)
def test_controls_and_what_reverses_text_are_left_out(character: str) -> None:
    assert printable(f"one{character}two") == "onetwo"


def test_every_character_of_the_text_that_python_prints_stays() -> None:
    every = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert printable(f"\x00{every}") == every == printable(every)
