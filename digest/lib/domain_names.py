"""Domain names as DNS and SMTP write them: in ASCII, by IDNA 2008 (RFC 5891; UTS #46, non-transitional)."""

import re

import idna

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST = 253  # octets (RFC 1035, without the root)


def ascii_domain(domain: str) -> str:
    """The one ASCII form of a domain, in lower case: “faß.de” is xn--fa-hia.de, never fass.de.

    Raises `UnicodeError` for what is no domain, or has a sign that IDNA 2008 does not allow (an emoji).
    """
    if domain.isascii() and "xn--" not in domain.lower():
        name = domain.lower()
    else:
        name = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    if len(name) > _LONGEST or not all(map(_LABEL.fullmatch, name.split("."))):
        raise UnicodeError(f"not a domain name: {domain!r}")
    return name
