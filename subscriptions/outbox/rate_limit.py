"""How fast mail may go to the relay: one token bucket for all workers, in Redis.

A mail takes a token; the bucket is refilled at EMAIL_RATE and holds one second's worth. While Redis is
unavailable each worker has a bucket of its own, so the total rate may be as many times EMAIL_RATE.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import redis
from django.conf import settings
from django.utils import timezone

from subscriptions.relay import Relay, RoutedRelay

logger = logging.getLogger(__name__)
_TIMEOUT = 1.0  # seconds

# Executed as a whole on the server and by its clock: workers on several machines share one bucket.
_TAKE = """
local rate, most, asked = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local since = math.max(0, now - (tonumber(kept[2]) or now))
local tokens = math.min(most, (tonumber(kept[1]) or most) + since * rate)
local taken = math.min(asked, math.floor(tokens))
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens - taken), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil(most / rate) + 1)
return {taken, string.format('%.6f', math.max(0, (1 - tokens + taken) / rate))}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """So many mails may be sent now, the next after `wait` seconds.

    If `until` is set, the day of every relay is used up until then.
    """

    mails: int
    wait: float = 0.0
    until: datetime | None = None


class Allowance(Protocol):
    def take(self, most: int) -> Taken:
        """Take tokens for up to `most` mails."""


def allowance(relay: Relay | None = None) -> Allowance:
    """The rate limit of this service, and those of its relays where they have their own."""
    of_service = _of_service()
    if isinstance(relay, RoutedRelay):
        return OfRelays(relay, of_service)
    return of_service


def _of_service() -> Allowance:
    if not settings.EMAIL_RATE:
        return Unlimited()
    relay = settings.EMAIL_RELAYS[0] if settings.EMAIL_RELAYS else None
    name = f"digest:rate:{relay['EMAIL_HOST']}:{relay['EMAIL_PORT']}" if relay else "digest:rate:mailbox"
    return SharedBucket(name, settings.EMAIL_RATE)


class Unlimited:
    def take(self, most: int) -> Taken:
        return Taken(most)


class OfRelays:
    """What several relays may be given by their own limits, of what the service may send at all."""

    def __init__(self, relay: RoutedRelay, of_service: Allowance) -> None:
        self._relay = relay
        self._of_service = of_service

    def take(self, most: int) -> Taken:
        allowed = self._of_service.take(most)
        if not allowed.mails:
            return allowed
        granted = self._relay.take(allowed.mails, timezone.now())
        until = None if granted.held else granted.until  # those that failed are tried again and again
        return Taken(sum(granted.mails.values()), granted.wait, until)


class Bucket:
    """A token bucket of this process; `rate` in mails per second, `now` in seconds of any clock."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._most = self._tokens = max(1.0, rate)
        self._at = now

    def take(self, most: int, now: float) -> Taken:
        """Take tokens for up to `most` mails."""
        self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        taken = min(most, int(self._tokens))
        self._tokens -= taken
        return Taken(taken, max(0.0, (1 - self._tokens) / self._rate))


class SharedBucket:
    """The token bucket called `name` on the Redis server; while that is unavailable, one of our own."""

    def __init__(self, name: str, rate: float) -> None:
        self._name = name
        self._rate = rate
        self._own = Bucket(rate, time.monotonic())
        client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )
        self._take = client.register_script(_TAKE)

    def take(self, most: int) -> Taken:
        try:
            taken, wait = self._take(keys=[self._name], args=[self._rate, max(1.0, self._rate), most])
        except redis.RedisError as error:
            logger.warning("Redis is unavailable, so EMAIL_RATE applies to this worker alone: %s", error)
            return self._own.take(most, time.monotonic())
        return Taken(int(taken), float(wait))
