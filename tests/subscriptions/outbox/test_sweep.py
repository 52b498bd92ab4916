"""Looking for what crashed senders left costs nothing, however many deliveries are settled."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from subscriptions import outbox
from subscriptions.emails import alarms
from subscriptions.models import Delivery
from subscriptions.outbox import transitions
from tests.factories import reader

pytestmark = pytest.mark.django_db
LEASED, OPEN = "delivery_leased", "delivery_open"
_READS_ALL = re.compile(r"Seq Scan on subscriptions_delivery\b|SCAN subscriptions_delivery'")


@pytest.fixture(autouse=True)
def _many_settled_deliveries() -> None:
    ada, now = reader(), timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            subscriber=ada,
            due_at=now - timedelta(minutes=minutes),
            not_before=now,
            settled_at=now,
            state="accepted",
        )
        for minutes in range(2000)
    )
    Delivery.objects.filter(pk__in=Delivery.objects.values("pk")[:1]).update(
        state="leased", worker="dead", leased_until=now - timedelta(hours=1)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE subscriptions_delivery")


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (lambda: outbox.reclaim_expired(timezone.now()), LEASED),
        (lambda: transitions.renew("dead"), LEASED),
        (lambda: alarms.notify_operator(timezone.now()), OPEN),
    ],
    ids=["reclaim_expired", "renew", "alarms"],
)
def test_what_runs_every_few_seconds_finds_its_rows_by_the_index_of_what_is_open(
    asked: Callable[[], Any], index: str
) -> None:
    """No settled delivery is read: neither by the table nor by an index of all rows."""
    plans = []

    def explained(execute: Callable[..., Any], sql: str, parameters: Any, *others: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE")) and '"subscriptions_delivery"' in sql:
            with connection.cursor() as cursor:  # with parameters apart, as SQLite sees them
                explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
                cursor.cursor.execute(f"{explain} {sql}", parameters)
                plans.append(str(cursor.cursor.fetchall()))
        return execute(sql, parameters, *others)

    with connection.execute_wrapper(explained):
        asked()
    assert any(index in plan for plan in plans), plans
    assert not [plan for plan in plans if _READS_ALL.search(plan)]
