"""Mails that a server refuses for good: what follows for the reader, for the papers and for the run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscriptions import outbox
from subscriptions.accounts import refusals
from subscriptions.models import Delivery, Refusal, Run, Subscriber
from subscriptions.planning import runs
from subscriptions.planning.planner import plan
from subscriptions.relay import Outcome
from subscriptions.relay.reply_codes import recipient_outcome
from subscriptions.relay.smtp.reply_parser import Reply
from tests.factories import DAY, NOW, edition, reader, record, topic
from tests.subscriptions.outbox.test_outbox import ACCEPTED, FakeRelay

pytestmark = pytest.mark.django_db
BY_RATE = "550 Sender rate overlimit - 120.3 / 1h"
BY_RULE = "550 Administrative prohibition"
NO_ONE = "550 5.1.1 no such user"
NO_REASON = "550 Requested action not taken: mailbox unavailable"


def answered(answer: str) -> Outcome:
    """What a relay's answer to RCPT TO means."""
    code, _, text = answer.partition(" ")
    outcome = recipient_outcome(Reply(int(code), (text,)), answer)
    assert outcome is not None
    return outcome


def refusing(by_number: Callable[[int], str | None]) -> FakeRelay:
    """A relay that gives the reader of a number this answer; who gets none is accepted."""

    def answer(recipient: str) -> Outcome:
        told = by_number(int(recipient.partition("@")[0].removeprefix("reader")))
        return answered(told) if told else ACCEPTED

    return FakeRelay(answer)


def planned(count: int, domain: str = "readers.example", others: Sequence[str] = ()) -> Run:
    """A run for so many readers, and others at these local parts."""
    agents = topic("agents", "agents")
    edition("First agents")
    for number in range(count):
        reader(f"reader{number}@{domain}", topics=[agents])
    for name in others:
        reader(f"{name}@{domain}", topics=[agents])
    with time_machine.travel(NOW):
        plan(NOW)
    return Run.objects.get()


def states(kind: type[Subscriber] | type[Delivery]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for state in kind.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


@pytest.mark.parametrize("answer", [BY_RATE, BY_RULE, "550 Sender verify failed", "550 5.7.1 not from you"])
def test_a_refusal_because_of_us_is_deferred_and_costs_no_reader(answer: str) -> None:
    planned(60)
    outbox.deliver(refusing(lambda n: answer if n % 10 == 3 else None))
    assert states(Subscriber) == {"active": 60}
    assert states(Delivery) == {"accepted": 54, "deferred": 6}
    assert set(Refusal.objects.values_list("cause", "ended")) == {("policy", False)}


def test_a_dead_mailbox_gets_no_more_mail() -> None:
    planned(3)
    outbox.deliver(refusing(lambda n: NO_ONE if n == 1 else None))
    assert Subscriber.objects.get(state="refused").email == "reader1@readers.example"
    assert Refusal.objects.get().ended


def test_a_refusal_that_says_nothing_of_the_mailbox_ends_one_mail_whose_papers_come_with_the_next() -> None:
    planned(3)
    outbox.deliver(refusing(lambda n: NO_REASON if n == 1 else None))
    assert states(Subscriber) == {"active": 3}
    assert states(Delivery) == {"accepted": 2, "refused": 1}
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        edition(record("Second agents"), day=DAY + timedelta(days=1))
        plan(timezone.now())
        relay = FakeRelay()
        outbox.deliver(relay)
    came = dict(relay.taken)
    assert b"First agents" in came["reader1@readers.example"]
    assert b"Second agents" in came["reader1@readers.example"]
    assert b"First agents" not in came["reader2@readers.example"]


def refused_on(*days: int, number: int = 1) -> None:
    """A digest a day; on these `days` that of a reader is refused without a word on the mailbox."""
    for day in range(max(days) + 1):
        with time_machine.travel(NOW + timedelta(days=day, minutes=1)):
            edition(record(f"Agents of day {day}"), day=DAY + timedelta(days=day + 1), now=timezone.now())
            plan(timezone.now())
            refused = {number} if day in days else set()
            outbox.deliver(refusing(dict.fromkeys(refused, NO_REASON).get))


def test_the_third_such_refusal_on_three_days_takes_the_mailbox_for_dead_and_an_operator_lifts_that() -> None:
    planned(3)
    refused_on(0, 1)
    assert states(Subscriber) == {"active": 3}
    with time_machine.travel(NOW + timedelta(days=2, minutes=1)):
        edition(record("More agents"), day=DAY + timedelta(days=9), now=timezone.now())
        plan(timezone.now())
        outbox.deliver(refusing(lambda n: NO_REASON if n == 1 else None))
    dead = Subscriber.objects.get(state="refused")
    assert dead.email == "reader1@readers.example"
    assert [row.ended for row in dead.refusals.order_by("pk")] == [False, False, True]
    assert refusals.reinstate(dead, NOW)
    assert states(Subscriber) == {"active": 3}
    assert not Refusal.objects.exists()


def test_a_mail_that_was_accepted_between_them_ends_the_count() -> None:
    planned(3)
    refused_on(0, 2, 3)
    assert states(Subscriber) == {"active": 3}


def test_where_nobody_at_the_domain_gets_mail_the_mailbox_is_not_to_blame() -> None:
    planned(1, "alone.example")
    reader("reader7@elsewhere.example", queries=["agents"])
    refused_on(0, 1, 2, number=0)
    assert states(Subscriber) == {"active": 2}


def test_refusals_in_clusters_hold_no_run() -> None:
    planned(300)
    dead = {n for n in range(300) if n % 100 >= 90}
    outbox.deliver(refusing(lambda n: NO_ONE if n in dead else None))
    assert states(Delivery) == {"accepted": 270, "refused": 30}


def test_a_run_is_held_when_a_third_of_its_readers_are_refused() -> None:
    run = planned(120)
    outbox.deliver(refusing(lambda n: NO_ONE if n % 3 == 0 else None))
    assert states(Subscriber)["refused"] == 20
    run.refresh_from_db()
    assert (run.state, run.reason) == (
        "paused",
        "20 of the last 58 readers refused, the last with: 550 5.1.1 no such user",
    )


def test_a_run_is_held_when_many_are_refused_in_the_same_words_for_another_cause() -> None:
    run = planned(200)
    outbox.deliver(refusing(lambda n: f"550 Sender rate overlimit - {n}.3 / 1h" if n % 8 == 0 else None))
    run.refresh_from_db()
    assert run.state == "paused"
    assert "20 of the last 153 readers refused alike: 550 Sender rate overlimit - #" in run.reason
    assert states(Subscriber) == {"active": 200}


def test_a_few_full_mailboxes_hold_no_run_however_often_they_are_tried() -> None:
    run = planned(60)
    relay = refusing(lambda n: "552 5.2.2 mailbox full" if n < 4 else None)
    for hours in range(20):
        with time_machine.travel(NOW + timedelta(hours=hours)):
            outbox.deliver(relay)
    assert Refusal.objects.count() > 20
    run.refresh_from_db()
    assert run.state == "running"


def test_a_held_run_holds_up_neither_letters_nor_other_runs() -> None:
    run = planned(40)
    last = Subscriber.objects.get(email="reader39@readers.example")
    letter = Delivery.objects.post(last, "known", timezone.now())
    Delivery.objects.filter(pk=letter.pk).update(priority=2)  # behind everything else
    relay = refusing(lambda n: NO_ONE if n < 39 else None)
    outbox.deliver(relay)
    run.refresh_from_db()
    assert run.state == "paused"
    assert [recipient for recipient, _ in relay.taken] == [last.email]


def test_what_earlier_passes_and_other_senders_met_counts_until_the_run_was_held() -> None:
    run = planned(100)
    relay = refusing(lambda n: NO_ONE if n % 2 == 0 else None)
    for _ in range(3):
        outbox.deliver(relay, limit=13)
    run.refresh_from_db()
    assert run.state == "paused"
    assert states(Subscriber)["refused"] == 20
    assert runs.resume(run, timezone.now())
    Delivery.objects.filter(state="deferred").update(not_before=timezone.now())
    outbox.deliver(relay, limit=13)
    run.refresh_from_db()
    assert run.state == "running"


def test_reinstating_lifts_what_the_same_words_did_in_the_same_run_and_nothing_else(
    settings: object, admin_client: Client
) -> None:
    settings.REFUSALS_HOLD = 200  # type: ignore[attr-defined]
    planned(12)
    elsewhere = "550 5.1.2 no such domain"
    outbox.deliver(refusing(lambda n: NO_ONE if n < 4 else elsewhere if n < 7 else None))
    other = Refusal.objects.filter(answer=NO_ONE).latest("pk")
    before = Run.objects.create(moment=NOW - timedelta(days=1), through_release=1)
    Refusal.objects.filter(pk=other.pk).update(run=before)
    one = Refusal.objects.filter(answer=NO_ONE).earliest("pk")
    page = reverse("admin:subscriptions_refusal_changelist")
    assert b"no such domain" in admin_client.get(page).content
    admin_client.post(page, {"action": "reinstate", "_selected_action": [one.pk]})
    assert states(Subscriber) == {"active": 8, "refused": 4}
    assert Subscriber.objects.get(pk=other.subscriber_id).state == "refused"
    refused = reverse("admin:subscriptions_subscriber_change", args=[other.subscriber_id])
    assert b"dead: 550 5.1.1 no such user" in admin_client.get(refused).content


def test_a_refused_reader_who_is_reinstated_gets_the_papers_that_were_refused() -> None:
    planned(2)
    outbox.deliver(refusing(lambda n: NO_ONE if n == 1 else None))
    refused = Subscriber.objects.get(state="refused")
    refusals.reinstate(refused, timezone.now())
    Subscriber.objects.update(next_digest_at=timezone.now())
    edition(record("Second agents"), day=DAY + timedelta(days=1))
    plan(timezone.now())
    relay = FakeRelay()
    outbox.deliver(relay)
    came = dict(relay.taken)
    assert b"First agents" in came[refused.email]
