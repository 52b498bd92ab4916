"""Readers who ask for papers like another get them, with the words that carried it, and share selections."""

from datetime import timedelta
from typing import Any

import pytest

from digest.matching import parse_query
from digest.models import Paper
from digest.selection.content import Reading
from subscriptions.models import Delivery, FilterSet, Subscriber, Wanted
from subscriptions.planning.changes import RecentPapers
from subscriptions.planning.filters import filters_of
from subscriptions.planning.planner import next_selection, plan
from tests.digest.matching.ranking.test_likeness import BROWSER, PHONE, ROBOT
from tests.factories import NOW, edition, reader, record

pytestmark = pytest.mark.django_db
LIKED = "arxiv:2510.00001"


def liked_paper() -> None:
    edition(record(BROWSER.title, BROWSER.abstract, key=LIKED), day=(NOW - timedelta(days=9)).date())


def todays() -> None:
    edition(record(PHONE.title, PHONE.abstract), record(ROBOT.title, ROBOT.abstract))


def titles(subscriber: Subscriber) -> list[str]:
    papers = Paper.objects.in_bulk(next_selection(subscriber).papers)
    return [paper.title for paper in papers.values()]


def test_a_reader_gets_papers_like_the_one_they_named_with_the_words_that_carried_it() -> None:
    liked_paper()
    ada = reader(queries=["like:2510.00001v2"])
    todays()
    plan(NOW)
    delivery = Delivery.objects.get(subscriber=ada)
    assert delivery.selection
    (section,) = Reading().content_of(delivery.selection).sections
    assert section.name == f"like:“{BROWSER.title}”"
    (item,) = section.items
    assert item.record.title == PHONE.title
    marked = {item.record.title[m.start : m.end] for m in item.marks if m.field == "title"}
    assert {"interface", "elements"} <= marked


def test_likeness_combines_with_words_topics_and_what_is_left_out() -> None:
    liked_paper()
    todays()
    assert titles(reader("a@readers.example", queries=["like:2510.00001 phone"])) == [PHONE.title]
    assert titles(reader("b@readers.example", queries=["like:2510.00001 -phone"])) == []
    assert len(titles(reader("c@readers.example", queries=["like:2510.00001 OR cloth"]))) == 2
    assert titles(reader("d@readers.example", queries=["(agents OR cloth) NOT like:2510.00001"])) == [
        ROBOT.title
    ]


def test_a_paper_that_is_not_known_yet_keeps_nothing_and_does_once_it_is() -> None:
    ada = reader(queries=["like:2510.00001"])
    todays()
    before = next_selection(ada)
    assert before.papers == []
    liked_paper()
    assert titles(ada) == [PHONE.title]


def test_a_selection_is_another_one_when_the_liked_paper_says_something_else() -> None:
    liked_paper()
    todays()
    ada, bela = reader(queries=["like:2510.00001"]), reader("bela@readers.example", queries=["phone"])
    before, others = next_selection(ada), next_selection(bela)
    assert next_selection(ada).key == before.key
    Paper.objects.filter(key=LIKED).update(title=ROBOT.title, abstract=ROBOT.abstract)
    assert next_selection(ada).key != before.key
    assert titles(ada) == [ROBOT.title]
    assert next_selection(bela).key == others.key


def test_readers_who_named_the_same_paper_otherwise_get_the_same() -> None:
    liked_paper()
    reader("a@readers.example", queries=["like:2510.00001"])
    reader("b@readers.example", queries=["like:https://arxiv.org/abs/2510.00001v3"])
    todays()
    plan(NOW)
    first, second = Delivery.objects.order_by("pk")
    assert first.selection
    assert second.selection
    assert first.selection.items
    assert [item["paper"] for item in first.selection.items] == [
        item["paper"] for item in second.selection.items
    ]


def test_a_near_miss_lacks_a_word_and_is_like_the_paper_all_the_same() -> None:
    liked_paper()
    todays()
    ada = reader(queries=["cloth", "like:2510.00001 grounding zebra"])
    (near,) = next_selection(ada).near
    assert (near["missing"], near["add"]) == ("zebra", "grounding like:2510.00001")
    bela = reader("bela@readers.example", queries=["grounding", "like:2510.00001 cloth tactile"])
    assert next_selection(bela).near == []


def test_planning_many_likes_reads_their_papers_together(django_assert_max_num_queries: Any) -> None:
    liked_paper()
    todays()
    for number in range(20):
        reader(f"{number}@readers.example", queries=[f"like:2510.00001 OR word{number}"])
    with django_assert_max_num_queries(60):
        plan(NOW)
    assert Delivery.objects.count() == 20


def test_what_a_change_would_bring_is_counted_with_papers_like_another() -> None:
    liked_paper()
    twin = record(f"{PHONE.title} again", PHONE.abstract)
    edition(record(PHONE.title, PHONE.abstract), twin, record(ROBOT.title, ROBOT.abstract))
    wanted = FilterSet.objects.obtain([], ["like:2510.00001 phone zeppelin"])
    change = RecentPapers(NOW.date()).addition(filters_of(Wanted(queries=wanted.own_queries)), wanted, ())
    assert change
    assert change.query == str(parse_query("like:2510.00001 phone"))
    assert {Paper.objects.get(pk=pk).title for pk in change.examples} == {PHONE.title, twin["title"]}
