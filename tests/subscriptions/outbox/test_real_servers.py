"""Real mail servers take a whole run at full speed, and what they say of one reader concerns that reader."""

import time

import pytest
from pytest_django import Settings

from subscriptions import outbox
from subscriptions.models import Delivery, Refusal, Run, Subscriber
from subscriptions.relay import SmtpRelay
from tests.services import mail_servers
from tests.services.mail_servers import MailServer
from tests.services.waiting import wait_until
from tests.subscriptions.outbox.test_refusals import planned, states

pytestmark = pytest.mark.django_db
LONG = pytest.mark.faults


def send(server: MailServer, readers: int, *others: str, connections: int = 4) -> float:
    """A run of so many readers, and others at these local parts; returns the seconds that sending it took."""
    planned(readers, others=others)
    relay = SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port}, connections)
    began = time.monotonic()
    outbox.deliver(relay)
    relay.close()
    seconds = time.monotonic() - began
    everybody = sorted(f"reader{number}@readers.example" for number in range(readers))
    wait_until(lambda: len(server.recipients()) >= readers, 30, what=f"{readers} mails at the server")
    assert sorted(server.recipients()) == everybody
    assert states(Delivery)["accepted"] == readers
    assert Run.objects.get().state == "running"
    return seconds


@pytest.mark.parametrize("readers", [30, pytest.param(500, marks=LONG)])
def test_postfix_takes_all_and_says_who_is_dead(postfix: None, readers: int) -> None:
    with mail_servers.postfix() as server:
        assert send(server, readers, "dead") < 5 + readers / 20
    assert Refusal.objects.get().cause == "dead"
    assert Subscriber.objects.get(state="refused").email == "dead@readers.example"


@LONG
def test_postfix_that_limits_mails_a_client_holds_the_run_and_costs_no_reader(postfix: None) -> None:
    with mail_servers.postfix(
        "smtpd_client_message_rate_limit = 20", "smtpd_client_event_limit_exceptions ="
    ) as server:
        planned(60)
        relay = SmtpRelay({"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port})
        outbox.deliver(relay)
        relay.close()
        assert states(Delivery) == {"accepted": 20, "deferred": 40}
        assert states(Subscriber) == {"active": 60}
        assert Run.objects.get().state == "paused"


@LONG
def test_exim_with_a_limit_of_mails_a_session_takes_all_and_refuses_nobody_by_policy(exim: None) -> None:
    with mail_servers.exim(
        "smtp_accept_max_per_connection = 20", "smtp_accept_queue_per_connection = 0"
    ) as server:
        assert send(server, 300, "dead", "prohibited") < 30
    assert set(Refusal.objects.values_list("subscriber__email", "cause")) == {
        ("dead@readers.example", "dead"),
        ("prohibited@readers.example", "policy"),
    }
    assert states(Subscriber) == {"active": 301, "refused": 1}


@LONG
def test_opensmtpd_takes_more_than_a_hundred_mails_over_each_connection(opensmtpd: None) -> None:
    with mail_servers.opensmtpd() as server:
        assert send(server, 350, connections=2) < 60
    assert not Refusal.objects.exists()


@LONG
def test_chasquid_which_drops_what_stands_behind_the_dot_takes_all_at_full_speed(
    chasquid: None, certificate: tuple[str, str]
) -> None:
    with mail_servers.chasquid(certificate) as server:
        assert send(server, 300) < 90


@LONG
def test_sendmail_takes_all_and_says_who_is_dead(sendmail: None) -> None:
    with mail_servers.sendmail() as server:
        assert send(server, 300, "dead") < 20
    assert Refusal.objects.get().cause == "dead"


@LONG
def test_courier_which_drops_what_stands_behind_the_dot_takes_all_at_full_speed(
    courier: None, settings: Settings
) -> None:
    settings.DEFAULT_FROM_EMAIL = "digest@example.org"  # to Courier, a domain without a dot is a syntax error
    with mail_servers.courier() as server:
        assert send(server, 300) < 60


@LONG
def test_haraka_which_answers_503_behind_the_dot_defers_nobody(haraka: None) -> None:
    with mail_servers.haraka() as server:
        assert send(server, 300) < 90
