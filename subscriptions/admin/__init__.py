"""The operator's rooms for who reads it, and for what was sent to them."""

from subscriptions.admin import deliveries, runs, subscribers, suppressions, votes

__all__ = ["deliveries", "runs", "subscribers", "suppressions", "votes"]
