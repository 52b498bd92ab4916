"""The commands an operator types: their output is a contract."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from digest.ingestion import shipped_topics
from subscriptions.models import Delivery, Subscriber
from subscriptions.relay import local_mailbox
from tests.factories import NOW, edition, reader, topic

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_send_digests_sends_what_is_due_and_says_so() -> None:
    reader("ada@readers.example", topics=[topic("agents", "agents")])
    reader("bela@readers.example", queries=["boats"])
    edition("First agents")
    summary = json.loads(run("send_digests", "--json"))
    assert summary.pop("seconds") >= 0
    assert summary == {
        "planned": 1, "nothing_new": 1, "superseded": 0,
        "accepted": 1, "deferred": 0, "refused": 0, "unknown": 0, "skipped": 0,
    }  # fmt: skip
    assert local_mailbox.entries().total == 1


def test_another_now_moves_the_planning_only() -> None:
    ada = reader(topics=[topic("agents", "agents")], next_digest_at=NOW + timedelta(days=2))
    edition("First agents")
    run("send_digests", now=NOW + timedelta(days=1))
    assert not Delivery.objects.exists()
    run("send_digests", "--now", (NOW + timedelta(days=2)).isoformat(), "--wait")
    delivery = Delivery.objects.get()
    assert delivery.due_at == ada.next_digest_at
    assert delivery.settled_at is not None
    assert abs(delivery.settled_at - timezone.now()) < timedelta(minutes=1)
    ada.refresh_from_db()
    assert str(ada.next_digest_at) == "2025-11-08 07:00:00+00:00"


def test_days_planned_ahead_of_the_clock_lose_no_paper() -> None:
    reader(topics=[topic("agents", "agents")])
    for day in range(1, 4):
        edition(f"Agents {day}", day=NOW.date() + timedelta(days=day))
        run("send_digests", now=NOW + timedelta(days=365 + day))
    subjects = [local_mailbox.entries().entries[n].subject for n in range(3)]
    assert len(subjects) == 3
    assert [d.state for d in Delivery.objects.all()] == ["accepted"] * 3


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("--text", "Why: title has “agents”"),
        ("--html", "<!DOCTYPE html>"),
        ("--headers", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
    ],
)
def test_preview_prints_the_next_digest_and_stores_nothing(part: str, expected: str) -> None:
    reader(topics=[topic("agents", "agents")])
    edition("First agents")
    assert expected in run("preview", "Ada@readers.example", part)
    assert not Delivery.objects.exists()


def test_preview_says_why_there_is_no_mail() -> None:
    reader(topics=[topic("agents", "agents")])
    edition("Boats")
    assert run("preview", "ada@readers.example") == "No mail: nothing matched: 1 paper scanned.\n"


def test_preview_of_a_stranger_is_an_error() -> None:
    with pytest.raises(CommandError, match="no reader"):
        run("preview", "nobody@readers.example")


def test_status_counts_papers_readers_and_deliveries_in_every_state() -> None:
    reader(topics=[topic("agents", "agents")])
    edition("First agents", "Boats")
    run("send_digests")
    status = json.loads(run("status", "--json"))
    assert status["papers"] == 2
    assert status["readers"] == {"pending": 0, "active": 1, "paused": 0, "unsubscribed": 0, "refused": 0}
    assert set(status["deliveries"]) == {state.value for state in Delivery.State}
    assert status["deliveries"]["accepted"] == 1
    assert status["last_edition"]["day"] == "2025-11-05"
    assert status["broker"].startswith("unreachable")
    assert status["mail"] == "ok"
    assert "papers" in run("status")
    Delivery.objects.update(state="deferred", reason="held: cannot connect to the relay")
    assert json.loads(run("status", "--json"))["mail"] == "held: cannot connect to the relay"


def test_status_of_an_empty_installation() -> None:
    status = json.loads(run("status", "--json"))
    assert status["last_edition"] is None
    assert set(status["deliveries"].values()) == {0}


def test_synthetic_readers_are_not_made_where_mail_could_leave_this_machine(settings: Any) -> None:
    shipped_topics.load()
    settings.EMAIL_RELAYS = [{"EMAIL_HOST": "relay.example.org", "EMAIL_PORT": 25}]
    with pytest.raises(CommandError, match="EMAIL_URL"):
        run("make_readers", "3")
    assert not Subscriber.objects.exists()
    settings.EMAIL_RELAYS = [{"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": 2525}]
    assert "3 readers" in run("make_readers", "3")
