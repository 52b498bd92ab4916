"""What searches may cost: so much of the processor's time for one network, and two of them at once.

    in progress < 2 → spent < budget → the page → charge what it took

A query may cost fifty times another, so time is counted, and not searches. What a network has spent is kept
in Redis and goes down steadily; while Redis cannot be reached nothing is counted. How many are in progress is
counted here, in the process whose threads they would take.
"""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from digest.web.limits.throttling import (
    NO_ANSWER,
    client_address,
    network_of,
    redis_client,
    too_many_requests,
)

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Given], HttpResponse]

logger = logging.getLogger(__name__)

BUDGET = 30.0  # seconds of processor time at once
REFILL = 0.1  # a second: 6 minutes in an hour, which is 6,000 searches for a word
AT_ONCE = 2

# The key holds what was spent, and when that was true. The answer is what is spent now, with what is charged.
_SPEND = """
local now, refill, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', KEYS[1], 'spent', 'at')
local spent = math.max(0, tonumber(known[1] or '0') - (now - tonumber(known[2] or '0')) * refill) + cost
if cost > 0 then
    redis.call('HSET', KEYS[1], 'spent', string.format('%.4f', spent), 'at', ARGV[1])
    redis.call('EXPIRE', KEYS[1], math.ceil(spent / refill) + 1)
end
return string.format('%.4f', spent)
"""


class InProgress:
    """How many searches of each network are being answered by this process."""

    def __init__(self) -> None:
        self._counts = Counter[str]()
        self._lock = threading.Lock()

    @contextmanager
    def one_more(self, network: str) -> Iterator[bool]:
        """Count one while it lasts; False where there were `AT_ONCE` already."""
        with self._lock:
            admitted = self._counts[network] < AT_ONCE
            self._counts[network] += admitted
        try:
            yield admitted
        finally:
            with self._lock:
                self._counts[network] -= admitted
                if not self._counts[network]:
                    del self._counts[network]


_in_progress = InProgress()


def costly(view: View[Given]) -> View[Given]:
    """A page that searches: one network gets so much of it."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        network = network_of(client_address(request))
        with _in_progress.one_more(network) as admitted:
            if not admitted:
                return _refused(request, 1)
            over = _spend(network, 0) - BUDGET
            if over >= 0:
                return _refused(request, math.ceil(over / REFILL) + 1)
            before = time.thread_time()
            try:
                return view(request, *args, **kwargs)
            finally:
                _spend(network, time.thread_time() - before)

    return guarded


def costly_if_asked(*fields: str) -> Callable[[View[Given]], View[Given]]:
    """A page that searches if the visitor fills one of these fields, and is for everybody if not."""

    def guarding(view: View[Given]) -> View[Given]:
        searching = costly(view)

        @wraps(view)
        def answered(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            asks = any(field in request.GET for field in fields)
            return (searching if asks else view)(request, *args, **kwargs)

        return answered

    return guarding


def _refused(request: HttpRequest, seconds: int) -> HttpResponse:
    part = "HX-Request" in request.headers
    template = "web/parts/too_many_searches.html" if part else "web/too_many_searches.html"
    return too_many_requests(request, template, seconds)


def _spend(network: str, cost: float) -> float:
    """Charge `cost`, and say what the network has spent."""
    values = (f"{time.time():.4f}", str(REFILL), f"{cost:.4f}")
    try:
        return float(redis_client(settings.REDIS_URL).eval(_SPEND, 1, f"digest:spent:{network}", *values))
    except NO_ANSWER as error:
        logger.warning("what searches cost cannot be limited: %s", error)
        return 0.0
