"""Who reads it, as stored."""

from subscriptions.models.alarm import Alarm
from subscriptions.models.delivery import Delivery
from subscriptions.models.filters import FilterSet
from subscriptions.models.subscriber import Subscriber

__all__ = ["Alarm", "Delivery", "FilterSet", "Subscriber"]
