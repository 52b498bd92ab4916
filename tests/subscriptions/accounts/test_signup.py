"""Double opt-in, and that nobody learns from it who is a reader."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from digest.library.reading import read
from digest.matching import QuerySyntaxError
from subscriptions.accounts import signup
from subscriptions.accounts.library import Library
from subscriptions.accounts.preferences import Choices
from subscriptions.emails.composer import Composer
from subscriptions.lib import signed_links
from subscriptions.models import Delivery, Subscriber, Suppression
from subscriptions.models.schedule import Schedule
from subscriptions.outbox.claiming import claim
from subscriptions.outbox.preparing import composed
from subscriptions.outbox.transitions import Transition
from tests.factories import NOW, reader, topic

pytestmark = pytest.mark.django_db
BERLIN = Schedule("Europe/Berlin", 7)
LATER = timedelta(minutes=11)


def choices(*queries: str) -> Choices:
    return Choices((topic("agents", "agents"),), queries, BERLIN)


def letters() -> list[tuple[str, str]]:
    return list(Delivery.objects.order_by("pk").values_list("subscriber__email", "kind"))


def test_a_new_reader_is_pending_and_gets_a_confirmation() -> None:
    signup.request(" Ada@Readers.Example ", choices("web tools"), NOW)
    subscriber = Subscriber.objects.get()
    assert (subscriber.email, subscriber.state) == ("Ada@Readers.Example", "pending")
    assert (subscriber.time_zone, subscriber.hour) == ("Europe/Berlin", 7)
    assert str(subscriber.filter_set) == "Agents, web tools"
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


def test_who_signs_up_again_before_confirming_gets_all_that_they_chose_last() -> None:
    signup.request("ada@readers.example", choices("web tools"), NOW)
    signup.request("ada@readers.example", replace(choices("agents"), first_at_once=False), NOW + LATER)
    subscriber = Subscriber.objects.get()
    assert str(subscriber.filter_set) == "Agents, agents"
    assert not subscriber.first_at_once


@pytest.mark.parametrize("lookalike", ["mi\u212ae@readers.example", "MI\u212aE@readers.example"])
def test_a_lookalike_spelling_blocks_nobody(lookalike: str) -> None:
    with pytest.raises(ValidationError):
        signup.request(lookalike, choices(), NOW)
    signup.request("mike@readers.example", choices(), NOW)
    assert letters() == [("mike@readers.example", "confirm")]


def test_the_letter_goes_to_the_spelling_that_was_typed_last() -> None:
    signup.request("Mike@readers.example", choices(), NOW)
    signup.request("mike@readers.example", choices(), NOW + LATER)
    assert letters() == [("mike@readers.example", "confirm")] * 2


def test_a_confirmation_link_confirms_only_the_spelling_that_it_was_mailed_to() -> None:
    spellings = ("Mike@readers.example", "mike@readers.example")
    for day, (mine, other) in enumerate((spellings, spellings[::-1])):
        now = NOW + timedelta(days=2 * day)
        signup.request(mine, choices(), now)
        mailed = signed_links.token("confirm", Subscriber.objects.get())
        assert signed_links.subscriber_for(mailed, "confirm")
        signup.request(other, choices(), now + LATER)
        assert Subscriber.objects.get().email == other
        assert signed_links.subscriber_for(mailed, "confirm") is None
        Subscriber.objects.all().delete()


def test_a_letter_that_is_being_sent_does_not_bring_the_link_of_another_spelling() -> None:
    signup.request("Mike@readers.example", choices(), NOW)
    (leased,) = claim(1, "me", timezone.now())
    signup.request("mike@readers.example", choices(), NOW + LATER)
    made = composed(leased, Composer(), timezone.now(), local=True)
    assert isinstance(made, Transition)
    assert (made.to, made.reason) == (
        "skipped",
        "another spelling of the address was signed up meanwhile",
    )


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


def test_an_address_whose_confirmation_was_refused_can_sign_up_again_after_two_weeks() -> None:
    signup.request("ada@readers.example", choices(), NOW)
    Subscriber.objects.update(state="refused", created_at=NOW)
    reader("bela@readers.example", state="refused")
    signup.forget_unconfirmed(NOW + timedelta(days=13))
    signup.request("ada@readers.example", choices(), NOW + timedelta(days=13))
    assert len(letters()) == 1
    signup.forget_unconfirmed(NOW + timedelta(days=15))
    assert [s.email for s in Subscriber.objects.all()] == ["bela@readers.example"]
    signup.request("ada@readers.example", choices(), NOW + timedelta(days=15))
    assert letters() == [("ada@readers.example", "confirm")]


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


@pytest.mark.parametrize("library", [Library(), Library(read("2311.00001\n10.1000/x").entries, ask=True)])
def test_every_kind_of_address_costs_the_database_the_same(library: Library) -> None:
    """What a visitor can measure must not tell a reader's address from any other."""
    agents = topic("agents", "agents")
    reader("known@readers.example", [agents])
    reader("pending@readers.example", [agents], state="pending", consented_at=None, next_digest_at=None)
    reader("left@readers.example", [agents], state="unsubscribed", next_digest_at=None)
    reader("refused@readers.example", [agents], state="refused", next_digest_at=None)
    Suppression.objects.add_address("erased@readers.example")
    choices("kv*").filter_set()  # so that whoever comes first does not make it
    work = {}
    for name in ("new", "known", "pending", "left", "refused", "erased"):
        with CaptureQueriesContext(connection) as asked:
            signup.request(f"{name}@readers.example", choices("kv*"), NOW, library=library)
        work[name] = [query["sql"].split()[0] for query in asked]
    counts = {name: Counter(statements) for name, statements in work.items()}
    writes = {name: count["INSERT"] + count["UPDATE"] for name, count in counts.items()}
    # What is not to be sent is undone by one statement more, which has next to nothing to do.
    assert len({count.total() - count["ROLLBACK"] for count in counts.values()}) == 1, counts
    assert len(set(writes.values())) == 1, counts
