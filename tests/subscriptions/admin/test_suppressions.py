"""Erased addresses, as an operator sees them: recognised when typed, never read back."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from subscriptions.models import Suppression

pytestmark = pytest.mark.django_db
ROOM = "/admin/subscriptions/suppression/"


def test_an_operator_finds_an_erased_address_by_typing_it_and_can_lift_it(client: Client) -> None:
    client.force_login(User.objects.create_superuser("operator"))
    for address in ("ada@readers.example", "bob@readers.example"):
        Suppression.objects.add_address(address)
    assert b"readers.example" not in client.get(ROOM).content
    found = client.get(ROOM, {"q": "Ada@Readers.example"})
    assert found.context["cl"].result_count == 1
    assert client.get(ROOM, {"q": "no address"}).context["cl"].result_count == 0
    (row,) = found.context["cl"].result_list
    client.post(f"{ROOM}{row.pk}/delete/", {"post": "yes"})
    assert not Suppression.objects.holds("ada@readers.example")
    assert Suppression.objects.holds("bob@readers.example")
