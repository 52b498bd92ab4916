"""Who reads it, as stored."""

from subscriptions.models.delivery import Delivery
from subscriptions.models.filters import FilterSet
from subscriptions.models.run import Run
from subscriptions.models.subscriber import Subscriber
from subscriptions.models.vote import Vote

__all__ = ["Delivery", "FilterSet", "Run", "Subscriber", "Vote"]
