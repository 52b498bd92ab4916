"""The admin pages for runs: an operator sees how far they are, and can pause, resume and stop them."""

import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscriptions import outbox
from subscriptions.admin.dashboard import dashboard
from subscriptions.models import Delivery, Run
from subscriptions.planning import runs
from subscriptions.planning.planner import plan
from subscriptions.relay import LocalMailbox
from tests.factories import NOW, edition, reader
from tests.subscriptions.admin.test_admin import act, page, press, staff, woken
from tests.subscriptions.management.test_commands import run as command

__all__ = ["woken"]
pytestmark = pytest.mark.django_db
RUNS = reverse("admin:subscriptions_run_changelist")


@pytest.fixture
def run() -> Run:
    """A run of three digests, of which one was accepted and one had nothing to say."""
    edition("First agents")
    for name, query in (("ada", "agents"), ("bela", "agents"), ("chidi", "boats")):
        reader(f"{name}@readers.example", queries=[query])
    plan(NOW)
    outbox.deliver(LocalMailbox(), limit=1)
    return Run.objects.get()


def test_the_list_shows_how_far_each_run_is(admin_client: Client, run: Run) -> None:
    content = admin_client.get(RUNS).content.decode()
    assert "2 of 3" in content
    assert 'aria-label="67 percent"' in content
    assert "running" in content


def test_a_runs_page_leads_to_its_deliveries_by_state(admin_client: Client, run: Run) -> None:
    content = admin_client.get(page(run)).content.decode()
    assert "1 accepted" in content
    lists = reverse("admin:subscriptions_delivery_changelist")
    found = admin_client.get(f"{lists}?run__id__exact={run.pk}&state__exact=pending")
    assert [row.state for row in found.context["cl"].result_list] == ["pending"]
    (row,) = found.context["cl"].result_list
    assert page(run) in admin_client.get(page(row)).content.decode()


def test_a_run_is_paused_and_resumed_after_a_question(
    admin_client: Client, run: Run, woken: list[str]
) -> None:
    assert press(admin_client, run, "pause_this") == ["1 run paused."]
    assert outbox.deliver(LocalMailbox()) == {}
    assert press(admin_client, run, "resume_this") == ["1 run going on in a moment."]
    assert len(woken) == 1
    assert outbox.deliver(LocalMailbox()) == {"accepted": 1}
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")] == [
        "Paused.",
        "Resumed.",
    ]


def test_a_run_is_stopped_only_by_the_press(admin_client: Client, run: Run) -> None:
    admin_client.get(page(run, "stop_this"))
    assert Delivery.objects.filter(state="pending").exists()
    assert press(admin_client, run, "stop_this") == [
        "1 run stopped; its papers are carried over to the next digests."
    ]
    assert Delivery.objects.filter(reason="stopped by the operator").count() == 1
    assert act(admin_client, RUNS, "stop", run) == ["Only runs that have not ended can be stopped."]


def test_who_may_only_look_presses_nothing(client: Client, run: Run) -> None:
    client.force_login(staff("view_run", "view_delivery"))
    assert client.get(page(run)).status_code == 200
    assert client.post(page(run, "stop_this"), {"_form_submitted": "on"}).status_code == 403
    act(client, RUNS, "pause", run)
    run.refresh_from_db()
    assert run.state == "running"


def test_a_paused_run_stands_on_the_front_page_with_its_reason(run: Run) -> None:
    until = timezone.now() + timedelta(minutes=1)
    runs.hold("535 5.7.8 no entry for digest@example.org", until)

    def told(*, see_reasons: bool) -> list[str]:
        found = dashboard(NOW, see_reasons=see_reasons).attention
        return [one.hint for one in found if one.what == "The digests of 5 Nov, 09:00 are paused."]

    again = f"They resume automatically at {until:%H:%M}."
    assert told(see_reasons=True) == [f"Reason: 535 5.7.8 no entry for digest@example.org. {again}"]
    assert told(see_reasons=False) == [again]


def test_status_tells_of_the_last_run(run: Run) -> None:
    last = json.loads(command("status", "--json"))["last_run"]
    assert last == {
        "moment": NOW.isoformat(), "state": "running", "reason": "", "settled": 2, "deliveries": 3,
    }  # fmt: skip
