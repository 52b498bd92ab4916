"""Synthetic readers are the same in every run and as varied as life."""

import pytest

from digest.ingestion import shipped_topics
from subscriptions.devtools.synthetic_readers import make_readers
from subscriptions.lib.email_addresses import is_reserved
from subscriptions.models import Subscriber
from tests.factories import NOW, edition

pytestmark = pytest.mark.django_db


def snapshot() -> list[tuple[str, str, str, int]]:
    rows = Subscriber.objects.order_by("email").select_related("filter_set")
    return [(r.email, r.filter_set.key, r.time_zone, r.hour) for r in rows]


def test_the_same_number_gives_the_same_readers() -> None:
    shipped_topics.load()
    make_readers(50, NOW)
    first = snapshot()
    Subscriber.objects.all().delete()
    make_readers(60, NOW)
    assert snapshot()[:50] == first
    make_readers(60, NOW)
    assert Subscriber.objects.count() == 60


def test_readers_differ_as_in_life() -> None:
    shipped_topics.load()
    made = make_readers(3000, NOW)
    assert made.readers == 3000
    assert made.filter_sets >= 0.3 * made.readers
    readers = Subscriber.objects.all()
    assert len({r.time_zone for r in readers}) >= 10
    assert len({r.hour for r in readers}) >= 5
    assert {r.rhythm for r in readers} == {"daily"}
    assert {r.language for r in readers} == {"en"}
    assert all(is_reserved(r.email) for r in readers)
    assert all(r.next_digest_at is not None and r.next_digest_at > NOW for r in readers)
    assert all(r.state == "active" for r in readers)


def test_some_readers_have_trending_or_a_library_beside_their_filters() -> None:
    shipped_topics.load()
    edition(*(f"Paper {number}" for number in range(12)))
    for _ in range(2):
        make_readers(200, NOW)
    assert Subscriber.objects.filter(filter_set__trending=5).count() == 4
    with_library = Subscriber.objects.filter(library_daily__gt=0)
    assert [reader.saved_papers.count() for reader in with_library] == [10, 10]
