"""Who reads it, as stored."""

from subscriptions.models.alarm import Alarm
from subscriptions.models.delivery import Delivery
from subscriptions.models.filters import FilterSet, Wanted
from subscriptions.models.letter_quota import LetterQuota
from subscriptions.models.mail_relay import MailRelay
from subscriptions.models.provider_message import ProviderMessage
from subscriptions.models.recipient_domain import RecipientDomain
from subscriptions.models.refusal import Refusal
from subscriptions.models.relay_capability import RelayCapability
from subscriptions.models.run import Run
from subscriptions.models.saved_paper import SavedPaper
from subscriptions.models.subscriber import Subscriber
from subscriptions.models.suggestion import Suggestion
from subscriptions.models.suppression import Suppression
from subscriptions.models.vote import Vote

__all__ = [
    "Alarm",
    "Delivery",
    "FilterSet",
    "LetterQuota",
    "MailRelay",
    "ProviderMessage",
    "RecipientDomain",
    "Refusal",
    "RelayCapability",
    "Run",
    "SavedPaper",
    "Subscriber",
    "Suggestion",
    "Suppression",
    "Vote",
    "Wanted",
]
