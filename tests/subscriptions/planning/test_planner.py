"""Who is due gets one digest, with what is new for them, once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from digest import sources
from digest.ingestion import store
from digest.models import Paper, Selection
from digest.selection.content import Reading
from subscriptions import outbox
from subscriptions.accounts import preferences, signup, unsubscribing
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Rhythm, Schedule
from subscriptions.planning.planner import next_selection, plan
from subscriptions.relay import LocalMailbox
from tests.factories import DAY, NOW, edition, reader, record, source, topic

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


def titles(delivery: Delivery) -> list[str]:
    assert delivery.selection is not None
    papers = Paper.objects.in_bulk([item["paper"] for item in delivery.selection.items])
    return [papers[item["paper"]].title for item in delivery.selection.items]


def digests(subscriber: Subscriber) -> list[Delivery]:
    return list(subscriber.deliveries.order_by("pk"))


def accept_all() -> None:
    Delivery.objects.filter(state="pending").update(state="accepted", settled_at=timezone.now())


def test_a_first_digest_brings_the_newest_edition_whatever_its_day() -> None:
    edition("Old agents", day=DAY - timedelta(days=30))
    edition("New agents", "New robots", day=DAY - timedelta(days=20))
    ada = reader(topics=[topic("agents", "agents")])
    plan(NOW)
    (delivery,) = digests(ada)
    assert titles(delivery) == ["New agents"]
    assert delivery.state == "pending"


def test_the_next_digest_brings_only_what_was_released_since() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    edition("First agents", "Second agents")
    edition("First agents", "Third agents", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    first, second = digests(ada)
    assert titles(first) == ["First agents"]
    assert sorted(titles(second)) == ["Second agents", "Third agents"]


def test_a_paper_reaches_a_reader_once_whatever_source_it_comes_back_on() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    edition("First agents", "Second agents", day=DAY + timedelta(days=1), of="other")
    plan(TOMORROW)
    second = digests(ada)[1]
    assert titles(second) == ["Second agents"]
    assert second.selection is not None
    assert (second.selection.scanned, second.selection.already_had) == (2, 1)


def test_planning_twice_plans_once() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    assert plan(NOW).pending == 1
    assert plan(NOW).pending == 0
    assert len(digests(ada)) == 1


def test_days_missed_in_an_outage_come_in_one_digest() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    for age in (1, 2, 3):
        edition(f"Agents {age}", day=DAY + timedelta(days=age))
    plan(NOW + timedelta(days=4))
    assert len(digests(ada)) == 2
    assert sorted(titles(digests(ada)[1])) == ["Agents 1", "Agents 2", "Agents 3"]


def test_a_reader_is_not_due_before_their_hour() -> None:
    reader(topics=[topic("agents", "agents")], next_digest_at=NOW + timedelta(minutes=1))
    edition("First agents")
    assert plan(NOW).pending == 0


@pytest.mark.parametrize("state", ["pending", "paused", "unsubscribed", "refused"])
def test_only_active_readers_get_digests(state: str) -> None:
    ada = reader(topics=[topic("agents", "agents")], state=state)
    edition("First agents")
    plan(NOW)
    assert digests(ada) == []


def test_nothing_matching_means_no_mail_and_the_reason_is_kept() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("Robots", "Boats")
    plan(NOW)
    (delivery,) = digests(ada)
    assert (delivery.state, delivery.reason) == ("skipped", "nothing matched: 2 papers scanned")
    assert Subscriber.objects.get().next_digest_at == NOW.replace(hour=7) + timedelta(days=1)


def test_nothing_new_means_no_mail() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    plan(TOMORROW)
    assert digests(ada)[1].reason == "no new papers since the last digest"


def test_before_any_edition_a_reader_waits_and_still_gets_a_first_digest() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    plan(NOW)
    edition("First agents", day=DAY - timedelta(days=3))
    plan(TOMORROW)
    assert [d.state for d in digests(ada)] == ["skipped", "pending"]


def test_a_filter_added_later_never_reaches_back() -> None:
    agents, robots = topic("agents", "agents"), topic("robots", "robots")
    ada = reader(topics=[agents])
    edition("First agents", "First robots")
    plan(NOW)
    accept_all()
    preferences.save(ada, Choices((agents, robots), (), ada.schedule), NOW)
    edition("Second robots", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    assert titles(digests(ada)[1]) == ["Second robots"]


def test_readers_who_want_the_same_share_one_selection() -> None:
    agents = topic("agents", "agents")
    for name in ("ada", "bela", "chidi"):
        reader(f"{name}@readers.example", topics=[agents], queries=["web  AND tools"])
    edition("First agents")
    plan(NOW)
    assert Selection.objects.count() == 1
    assert Delivery.objects.values("selection").distinct().count() == 1


def test_readers_who_typed_the_same_otherwise_get_the_same_by_one_query_each_in_their_words() -> None:
    reader("ada@readers.example", queries=["Web  AND Tools"])
    reader("bela@readers.example", queries=["tools web"])
    edition("Tools for the web")
    plan(NOW)
    first, second = Selection.objects.order_by("pk")
    assert first.items == second.items
    ((named, query), (other, same)) = ((s.filters[0]["name"], s.filters[0]["query"]) for s in (first, second))
    assert {named, other} == {"Web  AND Tools", "tools web"}
    assert query == same


def test_a_digest_that_never_went_out_rides_in_the_next() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    edition("Second agents", day=DAY + timedelta(days=1))
    assert plan(TOMORROW).superseded == 1
    first, second = digests(ada)
    assert (first.state, first.reason) == ("skipped", "superseded by the next digest")
    assert sorted(titles(second)) == ["First agents", "Second agents"]


@pytest.mark.parametrize("state", ["leased", "handing"])
def test_a_reader_whose_digest_is_in_hand_is_planned_later(state: str) -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    Delivery.objects.update(state=state)
    edition("Second agents", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    assert len(digests(ada)) == 1
    Delivery.objects.update(state="accepted")
    plan(TOMORROW)
    assert titles(digests(ada)[1]) == ["Second agents"]


def test_papers_of_an_unknown_delivery_ride_once_in_a_block_of_their_own() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    Delivery.objects.update(state="unknown")
    plan(TOMORROW)
    second = digests(ada)[1]
    assert second.selection is not None
    assert titles(second) == []
    assert second.selection.carried == [Paper.objects.get().pk]
    assert second.state == "pending"
    assert digests(ada)[0].carried_by == second
    accept_all()
    plan(TOMORROW + timedelta(days=1))
    assert digests(ada)[2].state == "skipped"


def test_a_returning_reader_gets_the_newest_edition_without_what_they_had() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    unsubscribing.unsubscribe(ada, NOW)
    edition("Agents meanwhile", day=DAY + timedelta(days=2))
    edition("First agents", "Agents 4", day=DAY + timedelta(days=4))
    edition("First agents", "Agents 4", "Agents 4 later", day=DAY + timedelta(days=4))
    signup.request(ada.email, preferences.choices_of(ada), NOW + timedelta(days=5))
    signup.activate(ada, NOW + timedelta(days=5), "192.0.2.1")
    plan(NOW + timedelta(days=7))
    latest = ada.deliveries.filter(kind="digest").order_by("pk").last()
    assert latest is not None
    assert sorted(titles(latest)) == ["Agents 4", "Agents 4 later"]
    assert latest.selection is not None
    assert latest.selection.already_had == 1
    edition("Agents 5", day=DAY + timedelta(days=6))
    Delivery.objects.filter(kind="digest", state="pending").update(state="accepted")
    plan(NOW + timedelta(days=8))
    assert titles(ada.deliveries.filter(kind="digest").order_by("pk")[2]) == ["Agents 5"]


def test_a_moment_that_had_its_digest_already_swallows_no_paper() -> None:
    """The clock went back, or a schedule was edited: the reader is due at a moment they were due before."""
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    accept_all()
    edition("Second agents", day=DAY + timedelta(days=1))
    Subscriber.objects.update(next_digest_at=NOW)
    plan(NOW)
    assert [titles(d) for d in digests(ada)] == [["First agents"], ["Second agents"]]
    assert [d.state for d in digests(ada)] == ["accepted", "pending"]


def test_papers_of_an_unknown_delivery_survive_a_clock_that_goes_back() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    Delivery.objects.update(state="unknown")
    Subscriber.objects.update(next_digest_at=NOW)
    plan(NOW)
    first, second = digests(ada)
    assert first.carried_by == second
    assert second.selection is not None
    assert second.selection.carried == [Paper.objects.get().pk]


def test_filters_edited_while_a_digest_waits_do_not_reach_back_and_lose_nothing() -> None:
    agents, robots = topic("agents", "agents"), topic("robots", "robots")
    ada = reader(topics=[agents])
    edition("First agents", "First robots")
    plan(NOW)
    preferences.save(Subscriber.objects.get(), Choices((robots,), (), ada.schedule), NOW)
    edition("Second robots", "Second agents", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    second = digests(ada)[1]
    assert titles(second) == ["Second robots"]
    assert second.selection is not None
    assert second.selection.carried == [Paper.objects.get(title="First agents").pk]


def test_who_pauses_while_their_digest_waits_gets_its_papers_after_resuming() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan(NOW)
    preferences.pause(ada)
    outbox.deliver(LocalMailbox())
    assert digests(ada)[0].state == "deferred"
    edition("Second agents", day=DAY + timedelta(days=1))
    preferences.resume(ada, TOMORROW)
    plan(TOMORROW + timedelta(days=1))
    assert sorted(titles(digests(ada)[1])) == ["First agents", "Second agents"]


def test_the_demo_edition_gives_way_to_a_real_one() -> None:
    source("sample", demo=True)
    edition("Sample agents", of="sample")
    edition("Real agents", day=DAY - timedelta(days=1))
    ada = reader(topics=[topic("agents", "agents")])
    plan(NOW)
    assert titles(digests(ada)[0]) == ["Real agents"]


def test_papers_stand_under_the_filter_they_match_best_and_best_first() -> None:
    topics = [topic("agents", "agents", position=1), topic("web", "web OR browser", position=2)]
    edition(
        record("Agents", "An agent in a browser."),
        record("A web browser", "Mentions agents."),
        record("Boats", "with an agent"),
    )
    ada = reader(topics=topics)
    plan(NOW)
    selection = digests(ada)[0].selection
    assert selection is not None
    placed = [
        (Paper.objects.get(pk=i["paper"]).title, selection.filters[i["filter"]]["name"])
        for i in selection.items
    ]
    assert placed == [("A web browser", "Web"), ("Agents", "Agents"), ("Boats", "Agents")]


def test_a_disabled_topic_no_longer_selects() -> None:
    agents = topic("agents", "agents")
    ada = reader(topics=[agents], queries=["boats"])
    edition("Agents", "Boats")
    agents.enabled = False
    agents.save()
    plan(NOW)
    assert titles(digests(ada)[0]) == ["Boats"]


def test_next_due_times_follow_each_schedule() -> None:
    weekly = reader("weekly@readers.example", schedule=Schedule("Asia/Tokyo", 9, Rhythm.WEEKLY, 0))
    daily = reader("daily@readers.example", schedule=Schedule("Europe/Berlin", 7))
    plan(NOW)
    weekly.refresh_from_db()
    daily.refresh_from_db()
    assert str(weekly.next_digest_at) == "2025-11-10 00:00:00+00:00"
    assert str(daily.next_digest_at) == "2025-11-06 06:00:00+00:00"


def test_a_preview_is_what_will_come_and_stores_nothing() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    edition("First agents")
    selection = next_selection(ada)
    assert [item["paper"] for item in selection.items] == [Paper.objects.get().pk]
    assert not Selection.objects.exists()
    plan(NOW)
    assert Selection.objects.get().key == selection.key


def test_planning_costs_few_queries_however_many_readers(django_assert_max_num_queries: Any) -> None:
    agents = topic("agents", "agents")
    edition("First agents")
    for number in range(50):
        reader(f"reader{number}@readers.example", topics=[agents], queries=[f"word{number % 5}"])
    with django_assert_max_num_queries(42):
        plan(NOW)
    assert Delivery.objects.count() == 50


def test_beyond_a_readers_cap_papers_come_as_one_line_each_and_count_as_had() -> None:
    ada = reader(topics=[topic("agents", "agents")], volume=2)
    edition(*(record(f"Agents {votes}", upvotes=votes) for votes in (1, 30, 900, 9)))
    plan(NOW)
    (delivery,) = digests(ada)
    assert titles(delivery) == ["Agents 900", "Agents 30"]
    assert delivery.selection is not None
    content = Reading().content_of(delivery.selection)
    assert [item.record.title for section in content.more for item in section.items] == [
        "Agents 9",
        "Agents 1",
    ]
    assert [item.record.title for section in content.sections for item in section.items] == titles(delivery)
    accept_all()
    plan(TOMORROW)
    assert digests(ada)[1].reason == "no new papers since the last digest"


def test_readers_with_another_cap_get_a_selection_of_their_own() -> None:
    agents = topic("agents", "agents")
    for number, volume in enumerate((None, 1, 1, 5)):
        reader(f"reader{number}@readers.example", topics=[agents], volume=volume)
    edition("First agents", "Second agents")
    plan(NOW)
    assert sorted(len(selection.items) for selection in Selection.objects.all()) == [1, 2, 2]


def test_papers_beyond_the_cap_of_a_mail_that_may_not_have_arrived_are_carried_too() -> None:
    ada = reader(topics=[topic("agents", "agents")], volume=1)
    edition("First agents", "Second agents")
    plan(NOW)
    Delivery.objects.update(state="unknown")
    plan(TOMORROW)
    second = digests(ada)[1].selection
    assert second is not None
    assert len(second.carried) == 2


def test_a_paper_that_was_only_stored_reaches_nobody_until_an_edition_releases_it() -> None:
    ada = reader(topics=[topic("agents", "agents")])
    lines = json.dumps(record("Old agents")).encode()
    store.store(sources.parse(lines, today=DAY, day=DAY), source(), NOW, release=False)
    plan(NOW)
    edition("Old agents", "New agents", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    assert [d.reason for d in digests(ada)] == ["no new papers since the last digest", ""]
    assert sorted(titles(digests(ada)[1])) == ["New agents", "Old agents"]
