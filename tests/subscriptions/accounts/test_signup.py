"""Double opt-in, and that nobody learns from it who is a reader."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from digest.matching import QuerySyntaxError
from subscriptions.accounts import signup
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Schedule
from tests.factories import NOW, reader, topic

pytestmark = pytest.mark.django_db
BERLIN = Schedule("Europe/Berlin", 7)


def choices(*queries: str) -> Choices:
    return Choices((topic("agents", "agents"),), queries, BERLIN)


def letters() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("pk").values_list("subscriber__email", "kind"))


def test_a_new_reader_is_pending_and_gets_a_confirmation() -> None:
    signup.request(" Ada@Readers.Example ", choices("web tools"), NOW)
    subscriber = Subscriber.objects.get()
    assert (subscriber.email, subscriber.state) == ("Ada@Readers.Example", "pending")
    assert (subscriber.time_zone, subscriber.hour) == ("Europe/Berlin", 7)
    assert str(subscriber.filter_set) == "Agents, tools web"
    assert letters() == [("Ada@Readers.Example", "confirm")]


def test_confirming_makes_the_reader_active_from_their_next_local_hour_on() -> None:
    signup.request("ada@readers.example", choices(), NOW)
    assert signup.activate(Subscriber.objects.get(), NOW, "192.0.2.1")
    subscriber = Subscriber.objects.get()
    assert subscriber.state == "active"
    assert str(subscriber.next_digest_at) == "2025-11-06 06:00:00+00:00"
    assert subscriber.consented_at == NOW
    assert "192.0.2.1" in subscriber.consent


def test_confirming_twice_changes_nothing() -> None:
    signup.request("ada@readers.example", choices(), NOW)
    assert signup.activate(Subscriber.objects.get(), NOW, "192.0.2.1")
    first = Subscriber.objects.get().next_digest_at
    assert not signup.activate(Subscriber.objects.get(), NOW + timedelta(days=3), "192.0.2.2")
    assert Subscriber.objects.get().next_digest_at == first
    assert "192.0.2.1" in Subscriber.objects.get().consent


def test_one_address_is_one_reader_however_it_is_typed() -> None:
    signup.request("Ada@Bücher.example", choices(), NOW)
    signup.request("ada@xn--bcher-kva.EXAMPLE", choices(), NOW)
    assert Subscriber.objects.count() == 1


def test_a_known_reader_gets_a_note_and_keeps_their_choices() -> None:
    before = reader("ada@readers.example", topics=[topic("robots", "robots")])
    signup.request("ada@readers.example", choices(), NOW)
    after = Subscriber.objects.get()
    assert (after.state, after.filter_set_id, after.hour) == ("active", before.filter_set_id, before.hour)
    assert letters() == [("ada@readers.example", "known")]


def test_a_refused_address_gets_nothing() -> None:
    reader("ada@readers.example", state="refused")
    signup.request("ada@readers.example", choices(), NOW)
    assert letters() == []


def test_a_lost_confirmation_can_be_asked_for_again_but_not_without_end() -> None:
    for minutes in (0, 5, 11, 30, 60):
        signup.request("ada@readers.example", choices(), NOW + timedelta(minutes=minutes))
    assert len(letters()) == 2
    signup.request("ada@readers.example", choices(), NOW + timedelta(days=2))
    assert len(letters()) == 3


def test_who_left_can_come_back() -> None:
    reader("ada@readers.example", state="unsubscribed", covered=7)
    signup.request("ada@readers.example", choices(), NOW)
    assert Subscriber.objects.get().state == "pending"
    signup.activate(Subscriber.objects.get(), NOW, "192.0.2.1")
    assert Subscriber.objects.get().state == "active"


def test_sign_ups_nobody_confirmed_are_forgotten() -> None:
    signup.request("ada@readers.example", choices(), NOW)
    reader("bela@readers.example", state="pending")
    Subscriber.objects.update(created_at=NOW)
    signup.forget_unconfirmed(NOW + timedelta(days=15))
    assert [s.email for s in Subscriber.objects.all()] == ["bela@readers.example"]


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "@example.org", "ada@exa mple.org", "a@b@c.org\nBcc: x@y.z", "ada@ex..org"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        signup.request(address, choices(), NOW)
    assert not Subscriber.objects.exists()


def test_an_unreadable_query_stores_nothing() -> None:
    with pytest.raises(QuerySyntaxError):
        signup.request("ada@readers.example", choices("agents ("), NOW)
    assert not Subscriber.objects.exists()
