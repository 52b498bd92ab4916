"""Which of several relays may have a mail, as far as a sender's grants say; and waiting for any of them."""

import select
from collections.abc import Collection, Sequence

from subscriptions.relay.interface import Watchable
from subscriptions.relay.routing.route import Route


def first(routes: Sequence[Route]) -> list[Route]:
    """Those whose turn it is before any grant, as far as this process knows."""
    able = [route for route in routes if route.able]
    level = min((route.limits.failover for route in able), default=0)
    return [route for route in able if route.limits.failover == level]


def in_turn(routes: Sequence[Route]) -> list[Route]:
    """Those that got grants, and those that may take over some of these."""
    levels = [route.limits.failover for route in routes if route.grant]
    if not levels:
        return first(routes)
    return [route for route in routes if not route.held and route.limits.failover <= max(levels)]


def serving(routes: Sequence[Route], tried: Collection[str] | None, *, asked: bool) -> list[Route]:
    """Those that may have a mail, now or once they have a connection; after some were `tried`, any other.

    `asked` for grants once, a relay that has limits takes nothing without.
    """
    known = [route for route in routes if route.name not in tried] if tried else in_turn(routes)
    return [route for route in known if route.able and (route.grant or not asked or not route.limits.any)]


def capacity_of(route: Route, granted: int) -> int:
    """How many of the mails that were `granted` to all this relay may be offered now.

    Without a limit it may have those for which the others have no connection.
    """
    free = route.relay.capacity()
    return free if not granted or not route.limits.any else min(route.grant, free)


def wait_for_any(routes: Sequence[Route], timeout: float) -> bool:
    """Wait for any of their connections; False at once if there is nothing to wait for."""
    poller = select.poll()
    owed = False
    for route in routes:
        if isinstance(route.relay, Watchable):
            owed = route.relay.watch(poller) or owed
    if owed:
        poller.poll(timeout * 1000)
    return owed
