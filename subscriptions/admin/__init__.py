"""The operator's pages on readers and on what was sent to them."""

from subscriptions.admin import deliveries, runs, subscribers, suppressions, votes

__all__ = ["deliveries", "runs", "subscribers", "suppressions", "votes"]
