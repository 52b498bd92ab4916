"""After an upgrade from IDNA 2003: mail goes where it went before, and nobody holds another one's address."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from subscriptions.accounts import signup
from subscriptions.accounts.preferences import Choices
from subscriptions.admin.dashboard import dashboard
from subscriptions.models import Delivery, Subscriber, Suppression
from subscriptions.models.schedule import Schedule
from tests.factories import NOW
from tests.flow.old_tables import models_before

pytestmark = pytest.mark.django_db
BEFORE = [("digest", "0009_reasons_and_release_names"), ("subscriptions", "0008_through_release")]


@pytest.fixture
def add(url: str) -> Callable[..., None]:
    """What stores a reader as the version before did."""
    store = models_before(BEFORE)
    filters = store("subscriptions.FilterSet", key="anything")

    def add(email: str, state: str = "active", **values: Any) -> None:
        local, at, domain = email.rpartition("@")
        key = f"{local}{at}{domain.encode('idna').decode()}".casefold()
        known = {"email": email, "email_key": key, "state": state, "filter_set": filters}
        store("subscriptions.Subscriber", **known | values)

    return add


def test_mail_to_an_address_stays_at_the_domain_where_it_was_confirmed(add: Any) -> None:
    typed = (
        "a@faß.de",
        "b@straße.de",
        "c@☕.example",
        "D@Bücher.example",
        "e@xn--fa-hia.de",
        "F@Plain.example",
    )
    for email in typed:
        add(email)
    call_command("migrate", verbosity=0)
    readers = {reader.email: reader.email_key for reader in Subscriber.objects.all()}
    assert readers == {
        "a@fass.de": "a@fass.de",
        "b@strasse.de": "b@strasse.de",
        "c@xn--53h.example": "c@xn--53h.example",
        "D@Bücher.example": "d@xn--bcher-kva.example",
        "e@xn--fa-hia.de": "e@xn--fa-hia.de",
        "F@Plain.example": "f@plain.example",
    }


def test_a_lookalike_that_nobody_could_confirm_no_longer_blocks_an_address(add: Any) -> None:
    add("mi\u212ae@readers.example", "pending")
    add("straße@readers.example", "pending")
    call_command("migrate", verbosity=0)
    for email in ("mike@readers.example", "strasse@readers.example"):
        signup.request(email, Choices((), ("agents",), Schedule("UTC", 7)), NOW)
        assert Delivery.objects.filter(subscriber__email=email, kind="confirm").exists()


def test_readers_whose_keys_collide_are_kept_apart_and_told_to_the_operator(
    add: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    add("jos\u00e9@readers.example")
    add("jose\u0301@readers.example")
    call_command("migrate", verbosity=0)
    assert "another reader has this address" in capsys.readouterr().out
    assert Subscriber.objects.count() == 2
    told = [problem.what for problem in dashboard(NOW, see_reasons=True).attention]
    assert "1 reader has an address that another reader has too." in told
    call_command("status", json=True)
    assert "jose\u0301@readers.example" in capsys.readouterr().out.encode().decode("unicode_escape")


def test_an_erased_address_is_not_written_to_after_the_upgrade(add: Any) -> None:
    Suppression.objects.add_address("a@fass.de")  # by its reader, who had typed faß.de
    call_command("migrate", verbosity=0)
    signup.request("A@fass.de", Choices((), ("agents",), Schedule("UTC", 7)), NOW)
    assert not Subscriber.objects.exists()
