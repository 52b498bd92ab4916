"""What the forms accept, and what they say about what they do not."""

from typing import Any

import pytest
from django.utils.datastructures import MultiValueDict

from digest.models import Topic
from subscriptions.accounts.preferences import Choices
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.web.filters_form import FiltersForm, shared
from subscriptions.web.forms import PreferencesForm, SignupForm, initial_of, time_zones

TOPICS = [Topic(slug="agents", name="Agents"), Topic(slug="3d", name="3D")]
GOOD = {
    "topics": ["agents"],
    "queries": [""],
    "time_zone": ["Europe/Berlin"],
    "hour": ["7"],
    "rhythm": ["daily"],
    "weekday": ["0"],
    "email": ["ada@readers.example"],
}


def signup(**values: list[str]) -> SignupForm:
    return SignupForm(MultiValueDict(GOOD | values), TOPICS)


def problems(form: FiltersForm, field: str) -> str:
    return " ".join(str(problem) for problem in form.errors.get(field, []))


def test_a_filled_in_form_gives_the_choices() -> None:
    form = signup(
        topics=["3d", "agents"], queries=[" kv* \r\n\r\nweb tools "], rhythm=["weekly"], weekday=["4"]
    )
    assert form.is_valid()
    assert form.choices() == Choices(
        tuple(TOPICS),
        ("kv*", "web tools"),
        Schedule("Europe/Berlin", 7, Rhythm.WEEKLY, 4),
        first_at_once=False,
    )


def test_the_first_digest_comes_at_once_if_that_is_ticked() -> None:
    form = signup(first_at_once=["on"])
    assert form.is_valid()
    assert form.choices().first_at_once


def test_a_query_alone_is_enough() -> None:
    assert signup(topics=[], queries=["kv*"]).is_valid()


def test_who_chooses_nothing_has_chosen_what_is_trending() -> None:
    form = signup(topics=[])
    assert form.is_valid()
    assert [filter_.name for filter_ in form.filters()] == ["Trending"]
    assert form.choices().trending == 5


def test_trending_is_beside_topics_only_where_it_is_chosen() -> None:
    form = signup()
    assert form.is_valid()
    assert form.choices().trending == 0
    form = signup(trending=["all"])
    assert form.is_valid()
    assert form.choices().all_trending
    assert "trending=all" in shared(form.choices())


def test_a_bad_query_is_not_also_reported_as_nothing_chosen() -> None:
    assert list(signup(topics=[], queries=["(kv"]).errors) == ["queries"]


def test_a_bad_query_is_shown_with_a_caret_and_a_hint() -> None:
    form = signup(queries=["fine\nkv AND (cache"])
    assert "Query 2 cannot be read. This bracket is never closed." in problems(form, "queries")
    (problem,) = form.query_problems
    assert problem.caret == "kv AND (cache\n       ^"
    assert problem.hint == "Add “)”."


@pytest.mark.django_db
def test_a_liked_paper_that_is_not_known_here_is_told_with_its_place() -> None:
    form = signup(queries=["agents\nagents like:2311.99999"])
    assert not form.is_valid()
    (problem,) = form.query_problems
    assert problem.number == 2
    assert "No paper “2311.99999” has come in here" in problem.problem
    assert problem.caret.splitlines()[1].index("^") == len("agents ")


def test_the_only_query_is_called_by_no_number() -> None:
    assert problems(signup(queries=["(kv"]), "queries").startswith("Your query cannot be read.")


@pytest.mark.parametrize("before", [0, 3, 100])
@pytest.mark.parametrize("after", [0, 3, 100])
def test_the_caret_of_a_long_query_stands_under_its_place_and_fits_a_phone(before: int, after: int) -> None:
    form = signup(queries=["x " * before + '"y ' + "z " * after])
    form.is_valid()
    (problem,) = form.query_problems
    line, caret = problem.caret.split("\n")
    assert line[caret.index("^") :].startswith('"y')
    assert len(line) <= 40


def test_a_query_of_very_many_words_is_refused_before_it_costs_anything() -> None:
    form = signup(queries=[" OR ".join(f"word{n}" for n in range(41))])
    assert "more than 40 words" in problems(form, "queries")


def test_more_than_five_queries_are_too_many() -> None:
    assert "These are 6 queries, and 5 is the most" in problems(signup(queries=["kv\n" * 6]), "queries")


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("time_zone", "Mars/Olympus", "“Mars/Olympus” is not a time zone this service knows. Choose one"),
        ("time_zone", "", "No time zone is chosen. Choose one"),
        ("hour", "24", "not an hour of the day"),
        ("rhythm", "hourly", "Choose every day, Monday to Friday, once a week or once a month"),
        ("topics", "astrology", "“astrology” is not offered any more"),
        ("email", "", "Type yours"),
        ("email", "ada@", "It should look like name@example.org"),
        ("email", "ada@readers.example\nbcc: bob@readers.example", "It should look like name@example.org"),
    ],
)
def test_what_cannot_be_taken_is_explained(field: str, value: str, advice: str) -> None:
    form = signup(**{field: [value]})
    assert advice in problems(form, field)
    assert list(form.errors) == [field]


def test_every_time_zone_a_browser_may_report_is_known() -> None:
    assert {"UTC", "Europe/Berlin", "Asia/Calcutta", "America/Argentina/ComodRivadavia"} <= set(time_zones())
    assert time_zones()[0] == "UTC"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ("Every day", "07:00", "Europe/Berlin")),
        ({"rhythm": ["weekdays"], "hour": ["18"]}, ("Monday to Friday", "18:00", "Europe/Berlin")),
        ({"rhythm": ["weekly"], "weekday": ["6"]}, ("Every Sunday", "07:00", "Europe/Berlin")),
        (
            {"rhythm": ["monthly"], "weekday": ["6"]},
            ("Every first Sunday of the month", "07:00", "Europe/Berlin"),
        ),
        ({"hour": ["99"]}, ("Every day", "…", "Europe/Berlin")),
    ],
)
def test_the_schedule_is_said_in_a_line(values: dict[str, Any], words: tuple[str, str, str]) -> None:
    assert signup(**values).schedule_words == words


def test_choices_survive_being_shown_and_sent_again() -> None:
    choices = Choices((TOPICS[1],), ("kv*", "tools web"), Schedule("Asia/Tokyo", 0, Rhythm.WEEKLY, 6))
    initial = initial_of(choices)
    form = PreferencesForm(
        MultiValueDict({name: value if name == "topics" else [value] for name, value in initial.items()}),
        TOPICS,
    )
    assert form.is_valid()
    assert form.choices() == choices
