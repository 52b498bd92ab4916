"""An address that a letter can be sent to, by what the relay can do."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from subscriptions.lib.email_addresses import EmailAddress, parse
from subscriptions.relay.capabilities import offers_smtputf8

_NOT_OFFERED = gettext_lazy(
    "“%(name)s” has letters that our mail server cannot write to yet. Use an address with plain letters "
    "before the @."
)


def reachable(typed: str) -> EmailAddress:
    """The address that was typed; raises `ValidationError` for what is none, or cannot be written to."""
    address = parse(typed)
    if address.needs_smtputf8 and not offers_smtputf8():
        raise ValidationError(_NOT_OFFERED, params={"name": address.spelling.rpartition("@")[0]})
    return address
