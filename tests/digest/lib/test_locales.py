"""Numbers, lists and dates as each language writes them, and which language a code stands for."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.lib.languages import languages
from digest.lib.locales import language_for

ENGLISH, GERMAN = language_for("en"), language_for("de")
DAY = date(2025, 11, 5)


def test_english_dates_have_the_day_before_the_month_and_a_comma_after_its_name() -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    assert [ENGLISH.long_date(day) for day in days] == [f"{day:%A}, {day.day} {day:%B}" for day in days]
    assert ENGLISH.long_date(DAY, year=True) == "Wednesday, 5 November 2025"
    assert (ENGLISH.day(DAY), ENGLISH.day(DAY, year=True)) == ("5 November", "5 November 2025")
    assert (ENGLISH.short_date(DAY), ENGLISH.short_date(DAY, year=True)) == ("5 Nov", "5 Nov 2025")
    assert ENGLISH.day_of_month(DAY) == "Wed 5"


def test_german_dates_have_a_dot_after_the_day() -> None:
    assert GERMAN.long_date(DAY) == "Mittwoch, 5. November"
    assert GERMAN.long_date(DAY, year=True) == "Mittwoch, 5. November 2025"
    assert (GERMAN.day(DAY), GERMAN.short_date(DAY, year=True)) == ("5. November", "5. Nov. 2025")
    assert (GERMAN.day_of_month(DAY), GERMAN.weekday(2), GERMAN.month(11)) == (
        "Mi., 5.",
        "Mittwoch",
        "November",
    )


def test_a_moment_is_told_by_its_own_clock() -> None:
    at = datetime(2025, 11, 6, 0, 5, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert ENGLISH.moment(at) == "Thursday, 6 November at 00:05"
    assert GERMAN.moment(at) == "Donnerstag, 6. November um 00:05 Uhr"
    assert ENGLISH.short_moment(at) == "6 Nov 2025, 00:05"


def test_numbers_have_the_separators_of_their_language() -> None:
    assert [ENGLISH.number(number) for number in (0, 999, 1204, 1_234_567)] == [
        "0",
        "999",
        "1,204",
        "1,234,567",
    ]
    assert (ENGLISH.number(1.44, 1), ENGLISH.number(1, 1)) == ("1.4", "1.0")
    assert (GERMAN.number(1204), GERMAN.number(1204.25, 1)) == ("1.204", "1.204,2")


def test_lists_have_and_before_the_last() -> None:
    assert [ENGLISH.listed("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert GERMAN.listed(["a", "b", "c"]) == "a, b und c"


def test_languages_are_known_by_their_own_names() -> None:
    assert languages() == {"en": "English", "de": "Deutsch"}


@pytest.mark.parametrize("code", ["de", "de-AT"])
def test_a_language_stands_for_its_regions(code: str) -> None:
    assert language_for(code).code == "de"


def test_an_unknown_language_is_english() -> None:
    assert language_for("tlh").code == "en"
