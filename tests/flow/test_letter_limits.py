"""However many ask at once, on PostgreSQL: an address gets two letters a day that a stranger can cause."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from subscriptions.accounts import data_rights, signup
from subscriptions.accounts.preferences import Choices
from subscriptions.models import Delivery, Subscriber
from subscriptions.models.schedule import Schedule
from tests.factories import NOW, reader

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
CHOICES = Choices((), ("agents",), Schedule("UTC", 7))
THREADS = 8
MOMENTS = [NOW + timedelta(minutes=11 * number) for number in range(4)]


def at_once(*acts: Callable[[], None]) -> None:
    """Do all of it at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(acts))
    errors: list[BaseException] = []

    def work(act: Callable[[], None]) -> None:
        try:
            gate.wait(20)
            act()
        except BaseException as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []


def sign_up(now: datetime, address: str = "new@readers.example") -> Callable[[], None]:
    return lambda: signup.request(address, CHOICES, now)


def test_eight_sign_ups_at_once_bring_one_letter_and_a_day_of_them_two() -> None:
    for moment in MOMENTS:
        at_once(*[sign_up(moment)] * THREADS)
        sent = Delivery.objects.filter(subscriber__email="new@readers.example").count()
        assert sent == min(MOMENTS.index(moment) + 1, 2)
    assert Subscriber.objects.count() == 1


def test_eight_readers_who_ask_to_move_to_one_address_bring_two_letters_in_a_day() -> None:
    readers = [reader(f"reader{number}@readers.example", queries=["agents"]) for number in range(THREADS)]

    def move(of: Subscriber, now: datetime) -> Callable[[], None]:
        return lambda: data_rights.offer_address(of, "new@readers.example", now)

    for moment in MOMENTS:
        at_once(*(move(one, moment) for one in readers), sign_up(moment))
    letters = Delivery.objects.filter(kind="address") | Delivery.objects.filter(kind="confirm")
    assert letters.count() == 2


def test_a_reader_who_moves_to_their_own_address_while_it_is_signed_up_waits_for_nobody() -> None:
    own = reader("own@readers.example", queries=["agents"])
    moves: list[Callable[[], None]] = [lambda: data_rights.offer_address(own, own.email, NOW)] * 4
    at_once(*moves, *[sign_up(NOW, own.email)] * 4)
    assert own.deliveries.count() <= 1
