"""The operator's rooms for who reads it, and for what was sent to them."""

from subscriptions.admin import deliveries, subscribers, suppressions

__all__ = ["deliveries", "subscribers", "suppressions"]
