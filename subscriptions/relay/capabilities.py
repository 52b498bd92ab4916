"""What the configured relay can do: learnt by senders, at EHLO, and asked by pages."""

from django.conf import settings

from subscriptions.models import RelayCapability
from subscriptions.relay.interface import Relay


def offers_smtputf8() -> bool | None:
    """Whether mail to addresses that are not ASCII can be sent (RFC 6531); None while no sender knows.

    The local mailbox takes any.
    """
    if not settings.EMAIL_RELAYS:
        return True
    known = RelayCapability.objects.filter(relay=_name()).first()
    return known.smtputf8 if known else None


def learn(relay: Relay) -> None:
    """Note what `relay`, the configured one, has said of itself."""
    if settings.EMAIL_RELAYS and relay.smtputf8 is not None and relay.smtputf8 != offers_smtputf8():
        RelayCapability.objects.update_or_create(relay=_name(), defaults={"smtputf8": relay.smtputf8})


def _name() -> str:
    relay = settings.EMAIL_RELAYS[0]
    return f"{relay['EMAIL_HOST']}:{relay['EMAIL_PORT']}"
