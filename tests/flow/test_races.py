"""Planner and workers at the same moment, on PostgreSQL (SQLite has one writer at a time)."""

import threading
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Count

from digest.models import Paper, Selection
from digest.selection.requests import Filter, SelectionRequest
from digest.selection.selector import Selector, store
from subscriptions import outbox
from subscriptions.models import Delivery, Run
from subscriptions.planning import bulk_planner, planner
from subscriptions.relay import LocalMailbox
from tests.factories import DAY, NOW, edition, reader, topic

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_worker_takes_no_digest_that_the_planner_is_putting_into_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader(topics=[topic("agents", "agents")])
    edition("First agents")
    planner.plan(NOW)
    edition("Second agents", day=DAY + timedelta(days=1))

    def work() -> None:
        outbox.deliver(LocalMailbox())
        connection.close()

    find_or_make = Selector.find_or_make

    def select_while_a_worker_runs(
        selector: Selector, requests: Collection[SelectionRequest]
    ) -> dict[SelectionRequest, Selection]:
        worker = threading.Thread(target=work)
        worker.start()
        worker.join(10)
        assert not worker.is_alive()
        return find_or_make(selector, requests)

    monkeypatch.setattr(Selector, "find_or_make", select_while_a_worker_runs)
    assert planner.plan(NOW + timedelta(days=1)).superseded == 1
    outbox.deliver(LocalMailbox())

    sent = Delivery.objects.filter(state="accepted").select_related("selection")
    papers = [item["paper"] for delivery in sent if delivery.selection for item in delivery.selection.items]
    assert sorted(papers) == sorted(Paper.objects.values_list("pk", flat=True))


def test_planners_at_the_same_moment_plan_each_reader_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some share, some need a closer look, and readers move from one chunk's edge to the next."""
    monkeypatch.setattr(bulk_planner, "CHUNK", 7)
    monkeypatch.setattr(planner, "BATCH", 5)
    edition("First agents")
    for number in range(60):
        reader(f"reader{number}@readers.example", queries=[f"agents -word{number % 9}"])
    planner.plan(NOW)
    Delivery.objects.filter(pk__in=list(Delivery.objects.values_list("pk", flat=True)[::3])).update(
        state="unknown"
    )
    Delivery.objects.filter(state="pending").update(state="accepted")
    edition("First agents", "Second agents")
    tomorrow = NOW + timedelta(days=1)
    together_at_the_gate = threading.Barrier(4)
    planned: list[planner.Planned] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            together_at_the_gate.wait(10)
            planned.append(planner.plan(tomorrow))
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    planners = [threading.Thread(target=work) for _ in range(4)]
    for thread in planners:
        thread.start()
    for thread in planners:
        thread.join(60)
    assert errors == []
    planner.plan(tomorrow)  # whoever was in another planner's hands at the end
    assert sum(one.pending for one in planned) == 60
    counts = Delivery.objects.filter(due_at__gt=NOW).values_list("subscriber").annotate(Count("pk"))
    assert len(counts) == 60
    assert {count for _, count in counts} == {1}
    assert Run.objects.filter(moment=tomorrow).count() == 1
    assert Delivery.objects.filter(state="unknown", carried_by=None).count() == 0


def test_planners_who_store_the_same_selections_do_not_wait_for_each_other_for_ever() -> None:
    edition("First agents")
    filters = [(Filter("own", f"agents -word{number}"),) for number in range(1000)]
    requests = [
        SelectionRequest(mine, after_release=0, through_release=1, seen_through=0) for mine in filters
    ]
    at_the_gate = threading.Barrier(2)
    stored: list[set[int | None]] = []

    def work(step: int) -> None:
        selections = list(Selector().find_or_make(requests).values())[::step]
        at_the_gate.wait(20)
        store(selections)
        stored.append({selection.pk for selection in selections})
        connection.close()

    planners = [threading.Thread(target=work, args=[step]) for step in (1, -1)]
    for thread in planners:
        thread.start()
    for thread in planners:
        thread.join(60)
    first, second = stored
    assert first == second
    assert len(first) == 1000


def test_a_planner_waits_for_no_delivery_that_a_worker_is_changing() -> None:
    """The worker, who has the delivery, may want the reader next, whom the planner has: both would wait."""
    reader(queries=["agents"])
    edition("First agents")
    planner.plan(NOW)
    Delivery.objects.update(state="handing", worker="elsewhere")
    tomorrow = NOW + timedelta(days=1)

    def work() -> None:
        planner.plan(tomorrow)
        connection.close()

    with transaction.atomic():
        Delivery.objects.update(state="unknown", settled_at=NOW)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert Delivery.objects.count() == 1
    planner.plan(tomorrow)
    first, second = Delivery.objects.order_by("pk")
    assert first.carried_by == second
