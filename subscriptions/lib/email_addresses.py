"""Email addresses: one reader, however the address is typed."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy

# Reserved for examples and tests (RFC 2606, RFC 6761): no mail to them ever leaves this machine.
_RESERVED = re.compile(r"@(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$", re.IGNORECASE)
NO_ADDRESS = gettext_lazy("This is not an email address. It should look like name@example.org.")


def address_key(address: str) -> str:
    """What two spellings of one address share: case folded, the domain in IDNA form.

    Raises `ValidationError` for what is no address.
    """
    address = address.strip()
    local, at, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValidationError(NO_ADDRESS) from error
    key = f"{local}{at}{domain}".casefold()
    try:
        validate_email(key)
    except ValidationError as error:
        raise ValidationError(NO_ADDRESS) from error
    return key


def is_reserved(address: str) -> bool:
    """Whether the address lies in a domain that nobody can receive mail in."""
    return _RESERVED.search(address) is not None
