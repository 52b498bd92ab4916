"""Without a relay, where nobody could open the local mailbox, nothing is sent, and nothing says it was."""

import io
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from digest.ingestion import shipped_topics
from digest.management.serving import programs
from subscriptions import tasks
from subscriptions.admin.dashboard import dashboard
from subscriptions.emails import alarms
from subscriptions.models import Delivery, Subscriber
from subscriptions.relay import local_mailbox
from tests.digest.test_checks import manage
from tests.factories import NOW, reader, source, topic

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _held(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_HELD, settings.MAILBOX_DIR = True, tmp_path / "mailbox"


def said(response: Any) -> str:
    return " ".join(BeautifulSoup(response.content, "lxml").get_text().split())


def nothing_left() -> bool:
    return local_mailbox.entries().total == 0 and not Delivery.objects.filter(state="accepted").exists()


@pytest.mark.parametrize(
    ("environment", "held"),
    [
        ({}, False),  # `make run` and its commands: the inbox shows the mail
        ({"DEBUG": "1"}, False),
        ({"DEBUG": "0"}, True),
        ({"HOST": "0.0.0.0"}, True),
        ({"HOST": "0.0.0.0", "DEBUG": "1"}, True),
        ({"HOST": "0.0.0.0", "PUBLISHED_HOST": "127.0.0.1"}, False),
        ({"PUBLISHED_HOST": "192.0.2.7"}, True),
        ({"SITE_URL": "https://digest.example.org"}, True),
        ({"HOST": "0.0.0.0", "EMAIL_URL": "smtp://relay.example.org"}, False),
    ],
)
def test_mail_is_held_exactly_where_nobody_can_see_it(
    tmp_path: Path, environment: dict[str, str], held: bool
) -> None:
    says = "from django.conf import settings; print(settings.EMAIL_HELD)"
    assert manage(tmp_path, "shell", "--no-imports", "-c", says, **environment).output.strip() == str(held)


def test_signing_up_says_that_the_service_is_not_ready_and_stores_nothing(client: Client) -> None:
    topic("agents", "agents")
    offered = client.get("/")
    assert "This service is not ready yet" in said(offered)
    assert not BeautifulSoup(offered.content, "lxml").select("#email, #signup button:not([name=show])")
    form = {
        "email": "ada@example.org",
        "topics": "agents",
        "time_zone": "UTC",
        "hour": "7",
        "rhythm": "daily",
    }
    answer = client.post("/", form)
    assert answer.status_code == 503
    assert "not ready yet" in said(answer)
    assert "not ready yet" in said(client.get("/check-your-inbox/"))
    assert not Subscriber.objects.exists()


def test_every_page_says_that_what_it_promises_by_mail_comes_later(client: Client) -> None:
    for path in ("/", "/privacy/", "/archive/", "/check-your-inbox/"):
        assert "cannot send mail yet" in said(client.get(path)), path


def test_what_is_queued_waits_and_is_sent_once_mail_can_be(settings: Any) -> None:
    Delivery.objects.post(reader("ada@example.org"), "welcome", NOW)
    tasks.deliver()
    assert nothing_left()
    settings.EMAIL_HELD = False
    tasks.deliver()
    assert not nothing_left()


def test_sending_by_hand_ends_and_says_why_nothing_was_sent() -> None:
    Delivery.objects.post(reader("ada@example.org"), "welcome", NOW)
    complaint = io.StringIO()
    call_command("send_digests", "--wait", stdout=io.StringIO(), stderr=complaint)
    assert "Nothing was sent: mail is held until EMAIL_URL" in complaint.getvalue()
    assert nothing_left()


def test_the_demo_of_a_first_start_says_that_its_digests_are_held() -> None:
    shipped_topics.load()
    out = io.StringIO()
    call_command("demo", stdout=out)
    assert "their digests are held" in out.getvalue()
    assert nothing_left()


def test_an_alarm_is_not_taken_for_told(settings: Any) -> None:
    settings.OPERATOR_EMAIL = "operator@example.org"
    source("broken", enabled=True, error="The address does not answer.")
    assert alarms.notify_operator(NOW) == 0
    assert nothing_left()


def test_the_dashboard_says_it_first_and_in_red(admin_client: Client) -> None:
    Delivery.objects.post(reader("ada@example.org"), "welcome", NOW)
    first, *others = dashboard(NOW, see_reasons=True).attention
    assert first.what == "No mail is sent, and nobody can sign up: EMAIL_URL is not set."
    assert first.hint.startswith("1 mail waits until EMAIL_URL names your mail relay")
    assert not [item for item in others if "wait for a worker" in item.what]
    shown = BeautifulSoup(admin_client.get("/admin/").content, "lxml").find(string=first.what)
    assert shown is not None
    assert shown.parent is not None
    assert "text-red-700" in shown.parent["class"]


def test_status_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("status")
    assert "held: EMAIL_URL is not set" in capsys.readouterr().out


def test_a_deployment_without_a_relay_does_not_pass_its_check(tmp_path: Path) -> None:
    checked = manage(tmp_path, "check", "--deploy", SITE_URL="https://digest.example.org")
    assert checked.process.returncode == 1
    assert "(digest.E004) EMAIL_URL is not set" in checked.output
    assert manage(tmp_path, "check").process.returncode == 0


def test_the_start_says_how_to_mend_it() -> None:
    assert "Set EMAIL_URL to your mail relay" in programs.MAIL_IS_HELD
