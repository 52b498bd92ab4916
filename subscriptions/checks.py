"""System checks of how mail is sent: what would hold it all, or follow readers, is told before the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_signing(**_options: Any) -> list[CheckMessage]:
    """subscriptions.E001, for a deployment: a key of DKIM_KEYS that cannot sign, so that mail is held."""
    if not settings.DKIM_KEYS:
        return []
    from subscriptions.relay.key_files import configured_keys  # noqa: PLC0415 - loads OpenSSL
    from subscriptions.relay.signing import UnusableKey  # noqa: PLC0415 - the same

    try:
        configured_keys()
    except UnusableKey as error:
        hint = "Keys are made by manage.py dkim_key; this user has to be able to read them."
        return [Error(f"No mail is sent: {error}.", hint=hint, id="subscriptions.E001")]
    return []


def check_tracking(**_options: Any) -> list[CheckMessage]:
    """subscriptions.E002, for a deployment: a provider whose account may follow what readers do."""
    from subscriptions.relay.providers import catalogue  # noqa: PLC0415 - loads the relays

    return [
        Error(
            f"{provider.title} may follow what readers open and press: a call cannot switch that off.",
            hint=f"Switch open and click tracking off in the account ({provider.tracking}), look once more, "
            "and set EMAIL_TRACKING_OFF=1.",
            id="subscriptions.E002",
        )
        for provider in catalogue.unconfirmed(settings.EMAIL_RELAYS, tracking_off=settings.EMAIL_TRACKING_OFF)
    ]
