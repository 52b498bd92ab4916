"""A run of digests can be watched, paused, gone on with and stopped, and none of that loses a paper."""

import importlib
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from digest.models import Paper
from subscriptions import outbox
from subscriptions.lib import bulk_sql
from subscriptions.models import Delivery, Run, Subscriber
from subscriptions.planning import runs
from subscriptions.planning.planner import plan
from subscriptions.planning.progress import finished, progress_of
from subscriptions.relay import LocalMailbox, Outcome, RelayUnavailable
from tests.factories import DAY, NOW, edition, reader, topic

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


def planned(*names: str) -> Run:
    """A run with a waiting digest for each reader."""
    edition("First agents")
    for name in names:
        reader(f"{name}@readers.example", topics=[topic("agents", "agents")])
    plan(NOW)
    return Run.objects.get()


def states() -> dict[str, int]:
    return dict(progress_of(Run.objects.all())[Run.objects.order_by("pk")[0].pk])


def test_a_run_shows_how_far_it_is_and_is_done_when_nothing_is_left() -> None:
    run = planned("ada", "bela")
    reader("chidi@readers.example", queries=["boats"])
    plan(NOW)
    assert states() == {"pending": 2, "skipped": 1}
    runs.update_states(timezone.now())
    run.refresh_from_db()
    assert run.state == "running"
    outbox.deliver(LocalMailbox(), limit=1)
    so_far = progress_of([run])[run.pk]
    assert (finished(so_far), so_far.total()) == (2, 3)
    outbox.deliver(LocalMailbox())
    runs.update_states(timezone.now())
    run.refresh_from_db()
    assert run.state == "done"


def test_nothing_of_a_paused_run_is_handed_over_until_it_is_resumed() -> None:
    run = planned("ada", "bela")
    assert runs.pause(run)
    runs.update_states(timezone.now() + timedelta(days=1))
    assert outbox.deliver(LocalMailbox()) == {}
    assert not outbox.unfinished(NOW).exists()
    assert runs.resume(run, timezone.now())
    assert outbox.deliver(LocalMailbox()) == {"accepted": 2}


def test_a_paused_run_of_which_nothing_waits_any_more_is_done() -> None:
    run = planned("ada")
    runs.pause(run)
    Subscriber.objects.get().delete()
    runs.update_states(timezone.now())
    run.refresh_from_db()
    assert (run.state, run.reason) == ("done", "")


def test_letters_and_other_runs_go_out_while_a_run_is_paused() -> None:
    run = planned("ada")
    runs.pause(run)
    bela = reader("bela@readers.example", topics=[topic("agents", "agents")], next_digest_at=TOMORROW)
    Delivery.objects.post(bela, "known", timezone.now())
    Subscriber.objects.filter(pk=bela.pk).update(next_digest_at=NOW + timedelta(hours=1))
    plan(NOW + timedelta(hours=1))
    assert outbox.deliver(LocalMailbox()) == {"accepted": 2}
    assert states() == {"pending": 1}


def test_the_papers_of_a_stopped_run_ride_in_the_next_digest_once() -> None:
    run = planned("ada")
    assert runs.stop(run, timezone.now())
    (first,) = Delivery.objects.all()
    assert (first.state, first.reason) == ("skipped", "stopped by the operator")
    assert outbox.deliver(LocalMailbox()) == {}
    edition("Second agents", day=DAY + timedelta(days=1))
    plan(TOMORROW)
    first.refresh_from_db()
    second = Delivery.objects.get(due_at__gt=first.due_at)
    assert first.carried_by == second
    assert second.selection is not None
    titles = [Paper.objects.get(pk=item["paper"]).title for item in second.selection.items]
    assert sorted(titles) == ["First agents", "Second agents"]
    outbox.deliver(LocalMailbox())
    plan(TOMORROW + timedelta(days=1))
    third = Delivery.objects.latest("pk")
    assert (third.state, third.reason) == ("skipped", "no new papers since the last digest")


def test_what_a_worker_gives_back_to_a_stopped_run_is_settled_too() -> None:
    run = planned("ada", "bela")
    outbox.claim(1, "worker", timezone.now())
    runs.stop(run, timezone.now())
    assert states() == {"leased": 1, "skipped": 1}
    Delivery.objects.filter(state="leased").update(state="pending", worker="", leased_until=None)
    assert outbox.deliver(LocalMailbox()) == {}
    runs.update_states(timezone.now())
    assert states() == {"skipped": 2}


def test_a_run_that_is_over_can_be_neither_paused_nor_stopped() -> None:
    run = planned("ada")
    outbox.deliver(LocalMailbox())
    runs.update_states(timezone.now())
    assert not runs.pause(run)
    assert not runs.stop(run, timezone.now())
    assert not runs.resume(run, timezone.now())
    assert states() == {"accepted": 1}


class Refusing(LocalMailbox):
    """A relay that lets nobody in."""

    def hand_over(self, message: bytes, sender: str, recipient: str) -> Outcome:
        raise RelayUnavailable("535 5.7.8 authentication failed")


def test_a_relay_that_refuses_us_pauses_the_run_which_goes_on_by_itself() -> None:
    run = planned("ada", "bela")
    outbox.deliver(Refusing())
    run.refresh_from_db()
    assert (run.state, run.reason) == ("paused", "535 5.7.8 authentication failed")
    assert run.resumes_at is not None
    runs.update_states(run.resumes_at)
    assert Run.objects.filter(pk=run.pk, state="running", reason="", resumes_at=None).exists()
    Delivery.objects.update(not_before=timezone.now())
    assert outbox.deliver(LocalMailbox()) == {"accepted": 2}


def test_an_operator_who_mended_the_relay_resumes_the_run_at_once() -> None:
    run = planned("ada", "bela", "chidi")
    outbox.deliver(Refusing())
    assert runs.resume(run, timezone.now())
    assert outbox.deliver(LocalMailbox())["accepted"] >= 2


def test_a_relay_in_trouble_does_not_resume_what_an_operator_paused() -> None:
    run = planned("ada")
    runs.pause(run)
    runs.hold("the relay is down", timezone.now())
    runs.update_states(timezone.now() + timedelta(hours=1))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("paused", "by the operator")


def test_who_claims_reads_the_rows_of_one_batch_in_order_however_many_wait() -> None:
    """Even where the database thinks little of the index, as on a morning when it knows of none of them."""
    ada, now = reader(), timezone.now()
    Delivery.objects.bulk_create(
        Delivery(subscriber=ada, due_at=now - timedelta(minutes=minutes), not_before=now)
        for minutes in range(500)
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL random_page_cost TO 100")
    claiming = importlib.import_module("subscriptions.outbox.claiming")
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    priority, moment, pk = claiming.FIRST
    first = [priority, connection.ops.adapt_datetimefield_value(moment), pk]
    at = connection.ops.adapt_datetimefield_value(now)
    claiming.claim(50, "worker", now)
    steps = str(bulk_sql.rows(f"{explain} {claiming.WAITING}", [at, *first, 50]))
    assert "delivery_open" in steps
    assert "Sort" not in steps
    assert "TEMP B-TREE" not in steps
