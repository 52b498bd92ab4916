"""The operator's page of relays: how each fares, what it may be given, and a password that nobody reads."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from digest import mail_env
from subscriptions.models import Delivery, MailRelay, RecipientDomain, Run
from subscriptions.relay.routing.configured import configured
from tests.subscriptions.outbox.test_refusals import planned

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LIST = "admin:subscriptions_mailrelay_changelist"
FORM = {
    "name": "second",
    "enabled": "on",
    "host": "relay.example.org",
    "port": "587",
    "encryption": "starttls",
    "user": "digest",
    "password": "s3cret",
    "rate": "600/m",
    "connections": "2",
    "per_session": "0",
    "per_day": "500",
    "warm_up": "0",
    "share": "1",
    "failover": "1",
}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture(autouse=True)
def _at_noon(settings: Settings) -> Iterator[None]:
    settings.EMAIL_URL = "smtp://127.0.0.1:2525?per_day=20, smtp://127.0.0.1:2526?per_day=30&warm_up=10"
    settings.EMAIL_RELAYS = mail_env.email_relays(settings.EMAIL_URL)
    with time_machine.travel(NOON, tick=True):
        yield


def given(name: str, used: int, **state: object) -> MailRelay:
    return MailRelay.objects.create(
        name=name, from_url=True, day=NOON.date(), used=used, refilled_at=NOON, **state
    )


def page(client: Client, name: str = LIST, *arguments: int) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_relay_made_on_the_page_is_used_with_its_limits(operator: Client) -> None:
    answer = operator.post(reverse("admin:subscriptions_mailrelay_add"), FORM)
    assert answer.status_code == 302, answer.content.decode()
    one = configured()[-1]
    assert (one.name, one.config["EMAIL_HOST_PASSWORD"], one.config["EMAIL_USE_TLS"]) == (
        "second",
        "s3cret",
        True,
    )
    assert (one.limits.rate, one.limits.per_day, one.limits.failover) == (10, 500, 1)


def test_a_password_is_never_shown_and_an_empty_one_changes_nothing(operator: Client) -> None:
    operator.post(reverse("admin:subscriptions_mailrelay_add"), FORM)
    row = MailRelay.objects.get()
    change = "admin:subscriptions_mailrelay_change"
    assert "s3cret" not in page(operator, change, row.pk) + page(operator)
    MailRelay.objects.update(used=7)  # a sender, meanwhile
    operator.post(reverse(change, args=[row.pk]), FORM | {"password": "", "per_day": "600"})
    row.refresh_from_db()
    assert (row.password, row.per_day, row.used) == ("s3cret", 600, 7)
    history = page(operator, "admin:subscriptions_mailrelay_history", row.pk)
    assert "s3cret" not in history


@pytest.mark.parametrize("wrong", [{"rate": "fast"}, {"host": " "}, {"port": "0"}, {"connections": "0"}])
def test_what_no_relay_can_be_is_refused(operator: Client, wrong: dict[str, str]) -> None:
    answer = operator.post(reverse("admin:subscriptions_mailrelay_add"), FORM | wrong)
    assert answer.status_code == 200
    assert not MailRelay.objects.exists()


def test_the_page_says_how_each_relay_fares(operator: Client) -> None:
    given("127.0.0.1:2525", 20)
    given(
        "127.0.0.1:2526",
        3,
        failures=1,
        held_until=NOON + timedelta(minutes=5),
        reason="421 4.3.2 shutting down",
    )
    shown = page(operator)
    assert "20 of 20" in shown
    assert "day used up until 1 Dec, 00:00" in shown
    assert "3 of 10" in shown
    assert "day 1" in shown
    assert "left alone until 30 Nov, 12:05" in shown
    assert "421 4.3.2 shutting down" in shown


def test_a_relay_of_the_url_can_be_switched_off_and_nothing_else(operator: Client) -> None:
    row = given("127.0.0.1:2525", 0)
    url = reverse("admin:subscriptions_mailrelay_change", args=[row.pk])
    assert "EMAIL_URL" in operator.get(url).content.decode()
    operator.post(url, FORM | {"enabled": ""})
    row.refresh_from_db()
    assert (row.enabled, row.host) == (False, "")
    assert [one.name for one in configured()] == ["127.0.0.1:2526"]


def test_a_relay_that_failed_can_be_tried_again_at_once(operator: Client) -> None:
    row = given("127.0.0.1:2525", 0, failures=3, held_until=NOON + timedelta(minutes=5))
    operator.post(reverse(LIST), {"action": "try_now", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.failures, row.held_until) == (0, None)


def test_relays_that_the_url_names_no_more_are_not_shown(operator: Client) -> None:
    given("old.example.org:25", 5)
    assert "old.example.org" not in page(operator)


def test_the_front_page_and_the_run_say_when_what_waits_will_have_left(operator: Client) -> None:
    planned(60)
    Delivery.objects.update(not_before=NOON)
    given("127.0.0.1:2525", 15)
    given("127.0.0.1:2526", 10)  # 10 a day, then 20, then 30
    front = page(operator, "admin:index")
    assert "15 of 20" in front
    assert "10 of 10" in front
    assert "has left on 2 Dec, 00:00 at the earliest" in front  # 5, then 20 + 20, then the rest
    run = Run.objects.get()
    assert "2 Dec 2026, 00:00" in page(operator, "admin:subscriptions_run_change", run.pk)
    assert "2 Dec 2026, 00:00" in page(operator, "admin:subscriptions_run_changelist")


def test_one_relay_without_limits_is_not_on_the_front_page(operator: Client, settings: Settings) -> None:
    settings.EMAIL_RELAYS = mail_env.email_relays("smtp://127.0.0.1:2525")
    assert "Given today" not in page(operator, "admin:index")


def test_status_says_how_relays_fare(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import call_command  # noqa: PLC0415

    given("127.0.0.1:2525", 20)
    call_command("status")
    assert "127.0.0.1:2525 day used up until 2026-12-01 00:00 UTC (20 of 20 today)" in capsys.readouterr().out


def test_domains_that_wait_are_listed_with_the_reason_and_can_be_tried_again(operator: Client) -> None:
    moment = timezone.now()
    row = RecipientDomain.objects.create(
        domain="busy.example",
        tokens=1,
        refilled_at=moment,
        queued_until=moment,
        failures=2,
        held_until=NOON + timedelta(minutes=4),
        reason="421 4.7.0 slow down",
    )
    name = "admin:subscriptions_recipientdomain_changelist"
    shown = page(operator, name)
    assert "busy.example" in shown
    assert "30 Nov 2026, 12:04" in shown
    assert "421 4.7.0 slow down" in shown
    operator.post(reverse(name), {"action": "try_now", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.failures, row.held_until) == (0, None)
