"""Filter sets that are swept at the moment somebody chooses them, on PostgreSQL."""

import threading

import pytest
from django.db import connection, transaction

from subscriptions.accounts import signup
from subscriptions.accounts.preferences import Choices
from subscriptions.lib.filter_set_rows import forget_unheld
from subscriptions.models import FilterSet, Subscriber
from subscriptions.models.schedule import Schedule
from tests.factories import NOW

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CHOICES = Choices((), ("agents",), Schedule("UTC", 7))


def test_a_filter_set_that_somebody_has_just_chosen_is_not_swept() -> None:
    def sweep() -> None:
        forget_unheld(FilterSet.objects.all())
        connection.close()

    FilterSet.objects.obtain((), ["agents"])
    with transaction.atomic():
        chosen = FilterSet.objects.obtain((), ["agents"])
        sweeper = threading.Thread(target=sweep)
        sweeper.start()
        sweeper.join(20)
        assert not sweeper.is_alive()
        Subscriber.objects.create(
            email="ada@readers.example", email_key="ada@readers.example", filter_set=chosen
        )
    assert Subscriber.objects.get().filter_set == chosen


def test_a_filter_set_that_is_being_swept_is_made_again_for_who_chooses_it() -> None:
    FilterSet.objects.obtain((), ["agents"])
    errors: list[BaseException] = []

    def sign_up() -> None:
        try:
            signup.request("ada@readers.example", CHOICES, NOW)
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    visitor = threading.Thread(target=sign_up)
    with transaction.atomic():
        list(FilterSet.objects.select_for_update())
        visitor.start()
        visitor.join(1)
        FilterSet.objects.all().delete()
    visitor.join(20)
    assert errors == []
    assert str(Subscriber.objects.get().filter_set) == "agents"
