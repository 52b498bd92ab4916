"""A source whose clock is wrong: papers of a day still to come are of the day on which they were seen."""

import json
from datetime import date, timedelta

from digest import sources
from digest.sources import ParsedAnswer
from tests.factories import DAY, record

TO_COME = date(2099, 1, 1)


def days_of(answer: ParsedAnswer) -> dict[str, date]:
    return {paper.title: paper.day for paper in answer.papers}


def lines(days: dict[str, date]) -> bytes:
    return "\n".join(json.dumps(record(title, day=f"{day}")) for title, day in days.items()).encode()


def test_a_paper_of_a_day_to_come_is_of_today_and_its_day_counts_as_unreadable() -> None:
    answer = sources.parse(lines({"Right": DAY, "Right, too": DAY, "Wrong": TO_COME}), today=DAY)
    assert days_of(answer) == dict.fromkeys(("Right", "Right, too", "Wrong"), DAY)
    assert answer.unreadable == {"day": 1}


def test_an_answer_that_is_all_of_a_day_to_come_is_of_today() -> None:
    answer = sources.parse(f"title,authors,day\nAgents,Ada,{TO_COME}\n".encode(), today=DAY)
    assert answer.day == DAY
    assert days_of(answer) == {"Agents": DAY}


def test_tomorrow_is_a_day_where_the_sun_rises_first() -> None:
    tomorrow = DAY + timedelta(days=1)
    assert days_of(sources.parse(lines({"Early": tomorrow}), today=DAY)) == {"Early": tomorrow}


def test_a_day_that_was_asked_for_is_right_whatever_the_clock_says() -> None:
    assert days_of(sources.parse(lines({"Asked": TO_COME}), today=DAY, day=TO_COME)) == {"Asked": TO_COME}


def test_papers_of_a_later_day_than_the_one_asked_for_keep_theirs() -> None:
    asked = DAY - timedelta(days=5)
    answer = sources.parse(lines({"A": asked, "B": asked, "Later": DAY}), today=DAY, day=asked)
    assert days_of(answer)["Later"] == DAY
