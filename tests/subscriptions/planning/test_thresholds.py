"""Editions grow and votes rise: a reader gets a paper on the day it crosses their filter, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from digest.models import Paper, newest_release
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import make
from subscriptions.accounts import preferences
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Subscriber
from subscriptions.planning import bulk_planner
from subscriptions.planning.planner import next_selection, plan
from tests.factories import NOW, edition, reader, record, topic

pytestmark = pytest.mark.django_db


def mail(subscriber: Subscriber, day: int) -> list[str]:
    """The titles in the digest of that day, which the relay accepts."""
    plan(NOW + timedelta(days=day))
    Delivery.objects.filter(state="pending").update(state="accepted", settled_at=timezone.now())
    digest = subscriber.deliveries.order_by("pk").last()
    assert digest is not None
    assert digest.selection is not None
    papers = Paper.objects.in_bulk([item["paper"] for item in digest.selection.items])
    return [papers[item["paper"]].title for item in digest.selection.items]


def votes(number: int | None, title: str = "Agents") -> None:
    edition(record(title, upvotes=number))


def test_a_paper_comes_on_the_day_it_crosses_and_only_then() -> None:
    ada = reader(queries=["agents upvotes>=50"])
    votes(10)
    assert mail(ada, 0) == []
    votes(49)
    assert mail(ada, 1) == []
    votes(50)
    assert mail(ada, 2) == ["Agents"]
    votes(80)
    assert mail(ada, 3) == []


def test_votes_that_sink_and_rise_again_bring_a_paper_once() -> None:
    ada = reader(queries=["agents upvotes>=50"])
    votes(60)
    assert mail(ada, 0) == ["Agents"]
    votes(40)
    assert mail(ada, 1) == []
    votes(60)
    assert mail(ada, 2) == []


def test_a_paper_that_one_filter_brought_is_not_brought_by_another_that_it_crosses() -> None:
    ada = reader(topics=[topic("agents", "agents")], queries=["upvotes>=50 agents"])
    bela = reader("bela@readers.example", queries=["upvotes>=50 agents"])
    votes(10)
    assert mail(ada, 0) == ["Agents"]
    votes(60)
    assert mail(ada, 1) == []
    assert bela.deliveries.filter(state="accepted").count() == 1


def test_who_had_the_paper_and_who_had_not_are_told_apart_though_they_want_the_same_now() -> None:
    agents, votes_of = topic("agents", "agents"), ["robots", "agents upvotes>=50"]
    ada = reader(topics=[agents])
    bela = reader("bela@readers.example", queries=votes_of)
    votes(10)
    assert mail(ada, 0) == ["Agents"]
    preferences.save(Subscriber.objects.get(pk=ada.pk), Choices((), tuple(votes_of), ada.schedule), NOW)
    votes(60)
    assert next_selection(Subscriber.objects.get(pk=ada.pk)).is_empty
    assert mail(ada, 1) == []
    assert bela.deliveries.filter(state="accepted").count() == 1


def test_a_filter_added_after_a_paper_came_out_does_not_reach_back_to_it() -> None:
    ada = reader(queries=["boats"])
    votes(60)
    assert mail(ada, 0) == []
    choices = Choices((), ("agents upvotes>=50",), ada.schedule)
    preferences.save(Subscriber.objects.get(pk=ada.pk), choices, NOW)
    votes(70)
    assert mail(ada, 1) == []


def test_a_threshold_downwards_is_one_too() -> None:
    ada = reader(queries=["agents comments<=3"])
    edition(record("Agents", comments=9))
    assert mail(ada, 0) == []
    edition(record("Agents", comments=2))
    assert mail(ada, 1) == ["Agents"]


def test_an_abstract_that_comes_later_brings_the_paper_to_those_it_now_matches() -> None:
    ada = reader(queries=["quantization"])
    bela = reader("bela@readers.example", queries=["bits"])
    edition(record("Four bits", abstract="Nothing yet."))
    assert mail(ada, 0) == []
    edition(record("Four bits", abstract="About quantization."))
    assert mail(ada, 1) == ["Four bits"]
    assert bela.deliveries.filter(state="accepted").count() == 1
    assert mail(ada, 2) == []


def test_a_weekly_reader_gets_what_crossed_during_the_week_once() -> None:
    ada = reader(queries=["agents upvotes>=50"])
    votes(10)
    assert mail(ada, 0) == []
    votes(60)
    votes(30)
    votes(55)
    Subscriber.objects.update(rhythm="weekly", next_digest_at=NOW + timedelta(days=7))
    assert mail(ada, 7) == ["Agents"]


def test_a_first_digest_counts_votes_as_they_are() -> None:
    votes(10)
    votes(60)
    ada = reader(queries=["agents upvotes>=50"])
    assert mail(ada, 0) == ["Agents"]
    assert mail(ada, 1) == []


def test_a_crossing_in_a_digest_that_never_went_out_rides_in_the_next() -> None:
    ada = reader(queries=["agents upvotes>=50"])
    votes(10)
    assert mail(ada, 0) == []
    votes(60)
    plan(NOW + timedelta(days=1))
    votes(61)
    assert mail(ada, 2) == ["Agents"]
    assert mail(ada, 3) == []


def test_the_digest_counts_a_crossed_paper_among_those_it_looked_at() -> None:
    ada = reader(queries=["agents upvotes>=50"])
    votes(10)
    mail(ada, 0)
    votes(60)
    mail(ada, 1)
    selection = ada.deliveries.order_by("pk")[1].selection
    assert selection is not None
    assert (selection.scanned, selection.already_had, len(selection.crossed)) == (1, 0, 1)
    assert str(selection.day) == "2025-11-05"


def test_risen_votes_cost_nothing_where_no_filter_asks_for_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    ada = reader(queries=["agents"])
    votes(10)
    assert mail(ada, 0) == ["Agents"]
    votes(60)
    monkeypatch.setattr(bulk_planner, "received", None)  # nobody's history is looked at
    assert mail(ada, 1) == []


def test_a_selection_sees_papers_as_they_were_at_its_last_release() -> None:
    """An ingest while planners are at work: what it changed belongs to the next digest."""
    first = votes_released(10)
    second = votes_released(60)
    third = votes_released(20)
    many = SelectionRequest((Filter("many", "agents upvotes>=50"),), first, second, seen_through=first)
    assert [item["paper"] for item in make(many).items] == [Paper.objects.get().pk]
    few = SelectionRequest((Filter("few", "agents upvotes<50"),), second, third, seen_through=second)
    assert len(make(few).items) == 1


def votes_released(number: int) -> int:
    votes(number)
    return newest_release()
