"""The backtest: what filters would have brought over the last 30 days, and in which words it is told."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import QueryDict

from digest.matching import parse_query
from digest.models.topic import MOST_TERMS
from digest.selection.requests import Filter
from subscriptions.accounts.preferences import Choices
from subscriptions.models.schedule import Schedule
from subscriptions.planning import planner
from subscriptions.web.backtest import BROAD, backtest, pace, sample_of
from subscriptions.web.filters_form import MOST_UPVOTES, FiltersForm, filters_in, shared
from tests.factories import DAY, edition, record, topic

pytestmark = pytest.mark.django_db
AGENTS, KV = Filter("Agents", "agents", "#112233"), Filter("kv*", "kv*", own=True)


@pytest.fixture(autouse=True)
def _cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def days_back(count: int) -> date:
    return DAY - timedelta(days=count)


def form(values: str) -> FiltersForm:
    return FiltersForm(filters_in(QueryDict(values)), [topic("agents", "agents")])


def test_thirty_days_count_the_newest_among_them() -> None:
    edition("Agents too long ago", day=days_back(30))
    edition("Agents on the first day", day=days_back(29))
    edition("Agents today", "KV caches", day=DAY)
    found = backtest([AGENTS])
    assert found is not None
    assert (found.total, found.days, found.newest, found.until) == (2, 30, 1, DAY)
    assert [line.paper.title for line in found.latest] == ["Agents today", "Agents on the first day"]


def test_a_paper_that_two_filters_keep_is_one_paper() -> None:
    edition("Agents with KV caches", "Agents", "KV caches")
    found = backtest([AGENTS, KV])
    assert found is not None
    assert found.total == 3
    assert [(part.name, part.papers) for part in found.parts] == [("Agents", 2), ("kv*", 2)]


def test_the_latest_are_at_most_five_the_most_voted_of_a_day_first() -> None:
    edition(*(record(f"Agents, part {n}", upvotes=n) for n in range(7)))
    found = backtest([AGENTS])
    assert found is not None
    assert [line.paper.title for line in found.latest] == [f"Agents, part {n}" for n in (6, 5, 4, 3, 2)]


def test_a_young_archive_is_not_taken_for_thirty_days() -> None:
    edition("Agents one", day=days_back(4))
    edition("Agents two", day=DAY)
    found = backtest([AGENTS])
    assert found is not None
    assert found.days == 5


@pytest.mark.parametrize(
    ("papers", "days", "words"),
    [
        (41, 30, "about 1.4 a day"),
        (360, 30, "about 12 a day"),
        (30, 30, "about 1 a day"),
        (12, 30, "about 3 a week"),
        (1, 30, "less than one a week"),
    ],
)
def test_how_often_is_told_in_words_that_fit(papers: int, days: int, words: str) -> None:
    assert pace(papers, days) == words


def test_the_sentence_names_the_days_unless_they_are_the_last() -> None:
    edition("Agents", day=days_back(29))
    edition("Agents again", day=DAY)
    chosen = form("topics=agents")
    assert sample_of(chosen, DAY).sentence == "Last 30 days: 2 papers, less than one a week."
    late = sample_of(chosen, DAY + timedelta(days=9)).sentence
    assert late == "The 30 days to 5 November 2025: 2 papers, less than one a week."


def test_nothing_and_far_too_much_are_told_apart() -> None:
    edition(*(f"Agents, part {n}" for n in range(BROAD + 1)))
    found = backtest([AGENTS])
    assert found is not None
    assert found.verdict == "broad"
    nothing, some = backtest([KV]), backtest([Filter("x", "title:part title:7", own=True)])
    assert nothing is not None
    assert some is not None
    assert (nothing.verdict, some.verdict) == ("empty", "fine")


def test_what_is_left_out_is_left_out_of_every_filter() -> None:
    edition(
        record("Agents that speak", upvotes=90),
        record("Agents that read", upvotes=90),
        record("Agents nobody voted for", upvotes=3),
        record("KV caches for speech", upvotes=90),
    )
    found = sample_of(form("topics=agents&queries=kv*&exclude=speech%0Aspeak&least_upvotes=50"), DAY).backtest
    assert found is not None
    assert [line.paper.title for line in found.latest] == ["Agents that read"]


def test_the_digest_keeps_what_the_backtest_promised() -> None:
    edition(record("Agents that speak", upvotes=90), record("Agents that read", upvotes=90))
    chosen = form("topics=agents&exclude=speak")
    assert chosen.is_valid()
    selection = planner.sample(chosen.sampled())
    assert len(selection.items) == 1
    assert selection.filters[0]["name"] == "Agents"


def test_a_shared_link_brings_the_same_filters() -> None:
    agents = topic("agents", "agents")
    choices = Choices((agents,), ("kv*", 'org:"a lab"'), Schedule("UTC", 7), ("speech", '"two words"'), 20)
    again = form(shared(choices))
    assert again.is_valid()
    assert again.sampled() == choices


@pytest.mark.parametrize(
    ("values", "field", "problem"),
    [
        ("topics=agents&exclude=(speech", "exclude", "What to leave out cannot be read."),
        ("topics=agents&exclude=a%0A(b", "exclude", "Line 2 cannot be read."),
        ("topics=agents&exclude=" + "a%0A" * 11, "exclude", "These are 11 lines"),
        ("topics=agents&exclude=" + "+OR+".join(f"w{n}" for n in range(41)), "exclude", "more than 40 words"),
        (
            "topics=agents&exclude=" + "%0A".join("a b c d e" for _ in range(9)),
            "exclude",
            "more than 40 words",
        ),
        ("topics=agents&least_upvotes=many", "least_upvotes", "a whole number"),
        ("topics=agents&least_upvotes=-1", "least_upvotes", "a whole number"),
    ],
)
def test_what_cannot_be_left_out_is_explained(values: str, field: str, problem: str) -> None:
    chosen = form(values)
    assert problem in " ".join(map(str, chosen.errors[field]))
    assert sample_of(chosen, DAY).backtest is None


def test_the_widest_topic_can_be_read_with_all_that_a_reader_may_leave_out() -> None:
    wide = topic("wide", " OR ".join(f'"{"w" * 10} {n:03}"' for n in range(MOST_TERMS - 20)))
    wide.full_clean(validate_unique=False)
    exclude = "\n".join(
        "title:(" + " OR ".join(f"{'x' * 8}{n}{m}" for m in range(4)) + ")" for n in range(10)
    )
    chosen = FiltersForm({"topics": [wide.slug], "exclude": exclude, "least_upvotes": MOST_UPVOTES}, [wide])
    assert chosen.is_valid(), chosen.errors
    (filter_,) = chosen.filters()
    assert parse_query(filter_.query).size == MOST_TERMS - 20 + 40 + 1


def test_a_topic_that_leaves_no_room_for_that_is_refused() -> None:
    wider = topic("wider", " OR ".join(f"word{n}" for n in range(MOST_TERMS + 1)))
    with pytest.raises(ValidationError, match="readers' exclusions are added"):
        wider.full_clean(validate_unique=False)


def test_a_backtest_of_trending_counts_the_best_of_each_day() -> None:
    for back in range(3):
        edition(*(record(f"Paper {back} {n}", upvotes=n) for n in range(5)), day=days_back(back))
    chosen = form("trending=3")
    assert chosen.is_valid()
    found = backtest(chosen.filters())
    assert found is not None
    assert (found.total, found.newest) == (9, 3)
    assert found.latest[0].paper.title == "Paper 0 4"


def test_beside_topics_a_backtest_counts_trending_papers_beyond_them() -> None:
    edition(*(record(f"Agents {n}", upvotes=90 + n) for n in range(4)), record("Boats", upvotes=1))
    chosen = form("topics=agents&trending=3")
    assert chosen.is_valid()
    found = backtest(chosen.filters())
    assert found is not None
    assert [(part.name, part.papers) for part in found.parts] == [("Agents", 4), ("Trending", 1)]


def test_trending_papers_left_out_by_words_or_upvotes_are_not_counted() -> None:
    edition(record("Agents", upvotes=90), record("Boats", upvotes=50), record("Caches", upvotes=1))
    chosen = form("trending=all&exclude=boats&least_upvotes=10")
    assert chosen.is_valid()
    found = backtest(chosen.filters())
    assert found is not None
    assert found.total == 1
