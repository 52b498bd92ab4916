"""System checks of what the operator set: mail that would go out wrong is refused before the start."""

from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error


def check_senders(**_options: Any) -> list[CheckMessage]:
    """digest.E001, E002, E003: DEFAULT_FROM_EMAIL, BOUNCE_ADDRESS, OPERATOR_EMAIL that is no mail address."""
    found: list[CheckMessage] = []
    sender, bounces = settings.DEFAULT_FROM_EMAIL, settings.BOUNCE_ADDRESS
    operator = settings.OPERATOR_EMAIL
    if not is_address(parseaddr(sender)[1]):
        found.append(
            Error(
                f"DEFAULT_FROM_EMAIL “{sender}” holds no mail address.",
                hint="Set it to a sender such as: Paper Digest <digest@example.org>",
                id="digest.E001",
            )
        )
    if bounces and not is_address(bounces):
        found.append(
            Error(
                f"BOUNCE_ADDRESS “{bounces}” is no mail address.",
                hint="Set it to a plain address such as: bounces@example.org",
                id="digest.E002",
            )
        )
    if operator and not is_address(operator):
        found.append(
            Error(
                f"OPERATOR_EMAIL “{operator}” is no mail address.",
                hint="Set it to a plain address such as: operator@example.org",
                id="digest.E003",
            )
        )
    return found


def check_relay(**_options: Any) -> list[CheckMessage]:
    """digest.E004, for a deployment: no relay, so no mail would ever reach a reader."""
    if settings.EMAIL_URL:
        return []
    return [
        Error(
            "EMAIL_URL is not set: no mail leaves this service.",
            hint="Set it to your mail relay, such as: smtp+tls://user:password@relay.example.org:587",
            id="digest.E004",
        )
    ]


def is_address(text: str) -> bool:
    """Whether `text` is one mail address (RFC 5322), without a name."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, MessageError):
        return False
    return bool(address.username and address.domain) and not any(c.isspace() for c in text)
