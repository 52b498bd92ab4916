"""Planner and workers at the same moment, on PostgreSQL (SQLite has one writer at a time)."""

import threading
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.db import connection

from digest.models import Paper, Selection
from digest.select import Wish, select
from subscriptions import outbox, plan
from subscriptions.models import Delivery
from subscriptions.relay import LocalMailbox
from tests.factories import DAY, NOW, edition, reader, topic

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def test_a_worker_takes_no_digest_that_the_planner_is_putting_into_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader(topics=[topic("agents", "agents")])
    edition("First agents")
    plan.plan(NOW)
    edition("Second agents", day=DAY + timedelta(days=1))

    def work() -> None:
        outbox.deliver(LocalMailbox())
        connection.close()

    def select_while_a_worker_runs(wishes: Collection[Wish]) -> dict[Wish, Selection]:
        worker = threading.Thread(target=work)
        worker.start()
        worker.join(10)
        assert not worker.is_alive()
        return select(wishes)

    monkeypatch.setattr(plan, "select", select_while_a_worker_runs)
    assert plan.plan(NOW + timedelta(days=1)).superseded == 1
    outbox.deliver(LocalMailbox())

    sent = Delivery.objects.filter(state="accepted").select_related("selection")
    papers = [item["paper"] for delivery in sent if delivery.selection for item in delivery.selection.items]
    assert sorted(papers) == sorted(Paper.objects.values_list("pk", flat=True))
