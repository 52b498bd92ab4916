"""How many sign-ups are taken: per network and in total, counted in Redis over fixed hours.

Limits per address are the ledger's (`signup.request`). These here keep one place from making the
service write to strangers; so when Redis cannot be reached the sign-up passes, with a warning.
"""

import ipaddress
import logging
from datetime import datetime
from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)

PER_NETWORK = 30
IN_TOTAL = 1_000
WINDOW = 3600  # seconds
_TIMEOUT = 0.3  # seconds: a visitor waits for this


def admits(visitor: str, now: datetime) -> bool:
    """Count one sign-up from the network of `visitor`; whether it is still within the limits."""
    window = int(now.timestamp()) // WINDOW
    keys = {f"signups:{window}:{network_of(visitor)}": PER_NETWORK, f"signups:{window}:all": IN_TOTAL}
    try:
        counts = _count(list(keys))
    except redis.RedisError as error:
        logger.warning("sign-up limits cannot be checked: %s", error)
        return True
    return all(count <= limit for count, limit in zip(counts, keys.values(), strict=True))


def visitor_of(request: HttpRequest) -> str:
    """The network address that `request` came from, or "" where the server does not say.

    Where SITE_URL is https, a proxy ends TLS: a peer with a private address, or on a socket without one,
    is that proxy, and what it wrote last into X-Forwarded-For is the visitor. Nobody else's header is
    believed.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    behind_proxy = settings.SITE_URL.startswith("https://")
    if behind_proxy and (peer is None or peer.is_private):
        peer = _address(forwarded) or peer
    return str(peer or "")


def network_of(visitor: str) -> str:
    """What one household or office shares: the /24 of an IPv4 address, the /48 of an IPv6 address."""
    address = _address(visitor)
    if address is None:
        return "unknown"
    return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _count(keys: list[str]) -> list[int]:
    with _client(settings.REDIS_URL).pipeline(transaction=True) as pipe:
        for key in keys:
            pipe.incr(f"digest:{key}")
            pipe.expire(f"digest:{key}", WINDOW)
        return [int(answer) for answer in pipe.execute()[::2]]


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
