"""How fast mail goes out: one bucket for all workers, and time that passes fills it."""

from datetime import timedelta

import pytest
import redis
from django.utils import timezone
from pytest_django import Settings

from digest.env import rate
from subscriptions import outbox
from subscriptions.outbox.rate_limit import Bucket, SharedBucket, Unlimited, allowance
from subscriptions.planning.planner import plan
from subscriptions.relay import LocalMailbox
from tests.factories import NOW, edition, reader, topic


@pytest.mark.parametrize(
    ("text", "per_second"), [("", 0.0), ("10/s", 10.0), ("600/m", 10.0), ("36000/h", 10.0), ("1/m", 1 / 60)]
)
def test_a_rate_is_read_as_people_write_it(text: str, per_second: float) -> None:
    assert rate("EMAIL_RATE", text) == per_second


@pytest.mark.parametrize("text", ["10", "10/d", "/s", "0/s", "-1/s", "ten/s", "1.5/s"])
def test_a_rate_that_cannot_be_read_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(Exception, match="EMAIL_RATE is a number a second"):
        rate("EMAIL_RATE", text)


def test_a_bucket_gives_a_second_s_worth_and_then_what_comes_back() -> None:
    bucket = Bucket(10, now=0)
    assert bucket.take(50, now=0).mails == 10
    empty = bucket.take(50, now=0)
    assert empty.mails == 0
    assert empty.wait == pytest.approx(0.1)
    assert bucket.take(50, now=0.35).mails == 3
    assert bucket.take(50, now=3600).mails == 10


def test_a_rate_below_one_a_second_lets_one_go_at_a_time() -> None:
    bucket = Bucket(1 / 60, now=0)
    assert [bucket.take(50, now).mails for now in (0, 0, 59, 61, 62)] == [1, 0, 0, 1, 0]


@pytest.mark.services
def test_workers_draw_from_one_bucket(settings: Settings, valkey_url: str) -> None:
    settings.REDIS_URL = valkey_url
    one, other = SharedBucket("digest:rate:test", 20), SharedBucket("digest:rate:test", 20)
    taken = [bucket.take(15).mails for bucket in (one, other, one, other)]
    assert taken[:2] == [15, 5]
    assert sum(taken) <= 22  # a little may have come back meanwhile
    assert 0 < one.take(50).wait <= 1 / 20 or one.take(50).mails


@pytest.mark.services
def test_a_flushed_broker_costs_no_more_than_a_second_s_worth(settings: Settings, valkey_url: str) -> None:
    settings.REDIS_URL = valkey_url
    bucket = SharedBucket("digest:rate:test", 20)
    bucket.take(50)
    with redis.Redis.from_url(valkey_url) as client:
        client.flushall()
    assert bucket.take(50).mails == 20


def test_without_a_broker_a_worker_keeps_to_the_rate_by_itself(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bucket = SharedBucket("digest:rate:test", 20)
    assert [bucket.take(15).mails for _ in range(2)] == [15, 5]


def test_no_rate_is_no_limit(settings: Settings) -> None:
    assert settings.EMAIL_RATE == 0
    assert isinstance(allowance(), Unlimited)


@pytest.mark.django_db
def test_a_run_waits_for_the_rate_and_stops_when_told(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.EMAIL_RATE = 4.0
    agents = topic("agents", "agents")
    edition("First agents")
    for number in range(6):
        reader(f"reader{number}@readers.example", topics=[agents])
    plan(NOW)
    begun = timezone.now()
    assert outbox.deliver(LocalMailbox(), limit=5) == {"accepted": 5}
    assert timezone.now() - begun >= timedelta(seconds=0.2)  # the fifth had to wait for its token
    settings.EMAIL_RATE = 1 / 3600
    assert outbox.deliver(LocalMailbox(), limit=1) == {"accepted": 1}
