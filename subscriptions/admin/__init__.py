"""The operator's pages on readers and on what was sent to them."""

from subscriptions.admin import (
    deliveries,
    recipient_domains,
    refusals,
    relays,
    runs,
    subscribers,
    suggestions,
    suppressions,
    votes,
)

__all__ = [
    "deliveries",
    "recipient_domains",
    "refusals",
    "relays",
    "runs",
    "subscribers",
    "suggestions",
    "suppressions",
    "votes",
]
