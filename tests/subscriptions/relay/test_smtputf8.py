"""Addresses that are not ASCII: taken where the relay offers SMTPUTF8, and else refused with the reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client

from digest import mail_env
from subscriptions import outbox, tasks
from subscriptions.accounts import data_rights, signup
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, RelayCapability, Subscriber
from subscriptions.models.schedule import Schedule
from subscriptions.planning import planner
from subscriptions.relay import LocalMailbox, capabilities, local_mailbox, open_relay
from tests.factories import NOW, edition, reader, topic
from tests.services.smtp import SmtpServer
from tests.subscriptions.browsing import said

pytestmark = pytest.mark.django_db
JOSE = "José@readers.test.example"
CHOICES = Choices((), ("agents",), Schedule("UTC", 7))
SENTENCE = "has letters that our mail server cannot write to yet"


@pytest.fixture(autouse=True)
def _nobody_to_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(tasks, "wake", lambda: None)


@pytest.fixture
def offering(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    """A server that offers SMTPUTF8, or does not."""
    server = SmtpServer()
    controller = Controller(
        server, hostname="127.0.0.1", port=server.port, enable_SMTPUTF8=request.param, decode_data=False
    )
    controller.start()
    yield server
    controller.stop()


def use(settings: Any, server: SmtpServer) -> None:
    settings.EMAIL_URL, settings.EMAIL_RELAYS = server.url, [mail_env.email_relay(server.url)]


def send_all() -> None:
    relay = open_relay()
    try:
        outbox.deliver(relay)
    finally:
        relay.close()


def test_the_local_mailbox_takes_and_shows_any_address() -> None:
    signup.request(JOSE, CHOICES, NOW)
    outbox.deliver(LocalMailbox())
    (entry,) = local_mailbox.entries("josé").entries
    assert entry.recipient == JOSE
    mail = local_mailbox.read(entry.key)
    assert mail is not None
    assert ("To", JOSE) in mail.headers


@pytest.mark.parametrize("known", [None, False])
def test_where_it_is_not_known_or_not_offered_a_sentence_says_why(
    client: Client, settings: Any, known: bool | None
) -> None:
    use(settings, SmtpServer())
    if known is not None:
        RelayCapability.objects.create(relay=capabilities._name(), smtputf8=known)
    topic("agents", "agents")
    form = {"topics": ["agents"], "time_zone": "UTC", "hour": "7", "rhythm": "daily", "weekday": "0"}
    response = client.post("/", form | {"email": JOSE})
    assert (response.status_code, SENTENCE in said(response)) == (422, True)
    with pytest.raises(ValidationError, match=SENTENCE):
        data_rights.offer_address(reader(queries=["agents"]), JOSE, NOW)
    assert not Subscriber.objects.filter(email=JOSE).exists()


@pytest.mark.parametrize("offering", [True, False], indirect=True, ids=["offered", "not offered"])
def test_a_sender_learns_at_ehlo_what_the_relay_offers(
    offering: SmtpServer, settings: Any, request: pytest.FixtureRequest
) -> None:
    use(settings, offering)
    assert capabilities.offers_smtputf8() is None
    signup.request("ada@readers.test.org", CHOICES, NOW)
    send_all()
    assert len(offering.mails) == 1
    assert capabilities.offers_smtputf8() is ("[offered]" in request.node.name)


@pytest.mark.parametrize("offering", [True], indirect=True)
def test_mail_to_such_an_address_arrives_with_the_envelope_of_smtputf8(
    offering: SmtpServer, settings: Any
) -> None:
    use(settings, offering)
    RelayCapability.objects.create(relay=capabilities._name(), smtputf8=True)
    signup.request("José@readers.test.org", CHOICES, NOW)
    send_all()
    (mail,) = offering.mails
    assert mail.recipients == ("José@readers.test.org",)
    assert "To: José@readers.test.org\r\n".encode() in mail.content
    assert Delivery.objects.get().state == Delivery.State.ACCEPTED


@pytest.mark.parametrize("offering", [False], indirect=True)
def test_a_relay_that_stops_offering_it_costs_those_readers_alone(
    offering: SmtpServer, settings: Any
) -> None:
    use(settings, offering)
    RelayCapability.objects.create(relay=capabilities._name(), smtputf8=False)
    for number in range(5):
        reader(f"josé{number}@readers.test.org", queries=["agents"])
    reader("ada@readers.test.org", queries=["agents"])
    edition("First agents")
    planner.plan(NOW)
    send_all()
    assert [mail.recipients for mail in offering.mails] == [("ada@readers.test.org",)]
    others = Delivery.objects.exclude(subscriber__email="ada@readers.test.org")
    assert set(others.values_list("state", "reason")) == {("deferred", "the relay does not offer SMTPUTF8")}
