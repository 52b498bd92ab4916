"""The operator's pages on readers and on what was sent to them."""

from subscriptions.admin import deliveries, refusals, runs, subscribers, suggestions, suppressions, votes

__all__ = ["deliveries", "refusals", "runs", "subscribers", "suggestions", "suppressions", "votes"]
