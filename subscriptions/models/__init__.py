"""Who reads it, as stored."""

from subscriptions.models.delivery import Delivery
from subscriptions.models.filters import FilterSet, Wanted
from subscriptions.models.subscriber import Subscriber
from subscriptions.models.suppression import Suppression

__all__ = ["Delivery", "FilterSet", "Subscriber", "Suppression", "Wanted"]
