"""A sender keeps as many letters as there is room for, however long they are."""

from digest.compose import Letter, PreparedLetter, Sender, prepare
from subscriptions.emails.kept_letters import KeptLetters


def letter(octets: int) -> PreparedLetter:
    return prepare(Letter("Papers", "x" * octets, ""), Sender("Digest <digest@example.org>"))


def test_letters_are_kept_by_their_octets_and_the_longest_unused_goes_first() -> None:
    kept = KeptLetters(room=40_000)
    made: list[int] = []

    def asked(number: int, octets: int) -> None:
        def make() -> PreparedLetter:
            made.append(number)
            return letter(octets)

        kept.get(number, make)

    for number in range(3):
        asked(number, 10_000)
    asked(0, 10_000)
    asked(3, 10_000)  # there is room for three: 1 was not asked for the longest
    asked(0, 10_000)
    asked(2, 10_000)
    assert made == [0, 1, 2, 3]
    asked(1, 10_000)
    assert made == [0, 1, 2, 3, 1]
    assert kept.octets <= 40_000


def test_many_short_letters_or_few_long_ones_take_the_same_room() -> None:
    for octets in (500, 30_000):
        kept = KeptLetters(room=200_000)
        for number in range(600):
            kept.get(number, lambda octets=octets: letter(octets))  # type: ignore[misc]
        assert 150_000 < kept.octets <= 200_000


def test_a_letter_that_is_longer_than_all_the_room_is_still_given() -> None:
    kept = KeptLetters(room=1_000)
    assert kept.get("long", lambda: letter(5_000)).octets > 5_000
    assert kept.octets == 0
