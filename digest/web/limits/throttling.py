"""Rate limits of sign-ups and signing in, kept in Redis: per network in fixed windows, sign-ups in total too.

They keep one network from making the service write to strangers. What a network's own limit refuses counts
nowhere else, so nobody uses up what is everybody's; and beyond the total nobody is refused: letters then
leave one after the other. They fail open: while Redis cannot be reached, every request passes, with a
warning. (How often one address is written to is limited in the database, by `signup.may_write`.)
"""

import ipaddress
import logging
import re
from datetime import datetime, timedelta
from functools import cache

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from digest.web.rendering import show

logger = logging.getLogger(__name__)

SIGNUPS_PER_NETWORK = 30
SIGNUPS_IN_TOTAL = 1_000  # letters that leave at once, and how many more in each hour
WINDOW = 3600  # seconds
SIGN_INS_PER_NETWORK, SIGN_IN_WINDOW = 20, 600  # of operators; checking a password takes a third of a second
_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([^:]+):\d+")  # some proxies name it behind the address
_TIMEOUT = 0.3  # seconds: a visitor waits for this
NO_ANSWER = (redis.RedisError, OSError, ValueError)  # the latter two: see `digest.tasks.NO_BROKER`

# A virtual queue (GCRA, the generic cell rate algorithm): its key holds the moment at which the last letter
# in it leaves, if all leave evenly; what is less than a window ahead may leave at once. It answers the wait.
_JOIN_QUEUE = """
local now, interval, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local last = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + interval
redis.call('SET', KEYS[1], string.format('%.3f', last), 'EX', math.ceil(last - now) + 1)
return string.format('%.3f', math.max(0, last - now - window))
"""


def wait_of_signup(visitor: str, now: datetime) -> timedelta | None:
    """Count one sign-up from the network of `visitor`: how long its letter waits, None if it is refused."""
    if not _within(f"signups:{network_of(visitor)}", SIGNUPS_PER_NETWORK, WINDOW, now):
        return None
    try:
        wait = redis_client(settings.REDIS_URL).eval(
            *(_JOIN_QUEUE, 1, "digest:signups:queue"),
            *(str(now.timestamp()), str(WINDOW / SIGNUPS_IN_TOTAL), str(WINDOW)),
        )
    except NO_ANSWER as error:
        logger.warning("the total of sign-ups cannot be limited: %s", error)
        return timedelta()
    return timedelta(seconds=float(wait))


def allow_sign_in(visitor: str, now: datetime) -> bool:
    """Count one attempt to sign in from the network of `visitor`; whether it is still within the limit."""
    return _within(f"sign-ins:{network_of(visitor)}", SIGN_INS_PER_NETWORK, SIGN_IN_WINDOW, now)


def too_many_requests(request: HttpRequest, template: str, seconds: int = WINDOW) -> HttpResponse:
    """The answer beyond a limit, which holds for so many `seconds`."""
    response = show(request, template, status=429)
    response["Retry-After"] = str(seconds)
    return response


def _within(name: str, limit: int, window: int, now: datetime) -> bool:
    """Count one under `name` in this window of so many seconds; whether it is within the limit."""
    key = f"digest:{name}:{int(now.timestamp()) // window}"
    try:
        with redis_client(settings.REDIS_URL).pipeline(transaction=True) as pipe:
            pipe.incr(key)
            pipe.expire(key, window)
            count, _ = pipe.execute()
    except NO_ANSWER as error:
        logger.warning("limits cannot be checked: %s", error)
        return True
    return int(count) <= limit


def client_address(request: HttpRequest) -> str:
    """The network address that `request` came from, or "" where the server does not say.

    Each proxy adds the address that it was asked from at the end of X-Forwarded-For. Behind TRUSTED_PROXIES
    of them, the entry so far from the right is the visitor's; what stands before it may be made up. Where the
    number is not set, and SITE_URL is https, a proxy ends TLS: a peer with a private address, or on a socket
    without one, is that proxy. Nobody else's header is believed.
    """
    peer = _address(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.TRUSTED_PROXIES
    if proxies is None:
        behind_proxy = settings.SITE_URL.startswith("https://") and (peer is None or peer.is_private)
        proxies = int(behind_proxy)
    if proxies:
        forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-proxies:]
        peer = _address(_PORT.sub(r"\1\2", forwarded[0].strip())) or peer
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


@cache
def redis_client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
