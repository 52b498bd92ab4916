"""System checks of how mail is sent: what would hold all of it is told before the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_signing(**_options: Any) -> list[CheckMessage]:
    """subscriptions.E001, for a deployment: a key of DKIM_KEYS that cannot sign, so that mail is held."""
    if not settings.DKIM_KEYS:
        return []
    from subscriptions.relay.key_files import configured_keys  # noqa: PLC0415 - loads OpenSSL
    from subscriptions.relay.signing import UnusableKey  # noqa: PLC0415

    try:
        configured_keys()
    except UnusableKey as error:
        hint = "Keys are made by manage.py dkim_key; this user has to be able to read them."
        return [Error(f"No mail is sent: {error}.", hint=hint, id="subscriptions.E001")]
    return []
