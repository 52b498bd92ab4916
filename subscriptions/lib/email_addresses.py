"""Email addresses: what was typed, checked, and the key by which one mailbox is one reader.

typed → checked as it is → spelling (where letters go) and key (what all spellings of the mailbox share)
"""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from digest.lib.domain_names import ascii_domain

# Reserved for examples and tests (RFC 2606, RFC 6761): no mail to them ever leaves this machine.
_RESERVED = re.compile(r"@(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$", re.IGNORECASE)
# A dot-atom (RFC 5322, 3.2.3; RFC 6532 adds what is not ASCII), or a quoted string without escapes.
_ATOM = r"(?:[\w!#$%&'*+/=?^`{|}~-]|[^\x00-\x7f])+"
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
_LOCAL = re.compile(rf"{_DOT_ATOM}|\"[\w !#$%&'*+./=?^`{{|}}~-]+\"", re.ASCII)
_NEEDLESSLY_QUOTED = re.compile(rf"\A\"({_DOT_ATOM})\"\Z", re.ASCII)
_LONGEST_LOCAL = 64  # octets (RFC 5321, 4.5.3.1.1)
_LONGEST = 254  # octets (RFC 3696, erratum 1690)
_LOWER = str.maketrans({chr(n): chr(n + 32) for n in range(ord("A"), ord("Z") + 1)})

NO_ADDRESS = gettext_lazy("This is not an email address. It should look like name@example.org.")
_TOO_LONG = gettext_lazy("This address is longer than mail allows: 64 characters before the @, 254 in all.")
_LOOKALIKE = gettext_lazy("“%(sign)s” is not a plain letter, though it looks like one. Type it anew.")
_NO_DOMAIN = gettext_lazy("Mail can be sent to a domain such as example.org, but not to “%(domain)s”.")
_BAD_DOMAIN = gettext_lazy(
    "“%(domain)s” is not a domain name: it has a sign that none can have, or is too long."
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that mail can be sent to.

    `spelling` is as typed, in Unicode's composed form (NFC), without quotation marks around what needs none:
    “"mike"@…” is the mailbox “mike@…” (RFC 5321, 4.1.2). `key` is that with ASCII letters in lower case
    and the domain in ASCII. No other sign ever becomes an ASCII letter, so two mailboxes are two keys.
    """

    spelling: str
    key: str

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only a relay that offers SMTPUTF8 (RFC 6531) takes mail to it."""
        return not self.key.isascii()


def parse(typed: str) -> EmailAddress:
    """The address that was typed; raises `ValidationError`, in a sentence, for what is none."""
    local, _, domain = typed.strip().rpartition("@")
    composed = _NEEDLESSLY_QUOTED.sub(r"\1", unicodedata.normalize("NFC", local))
    if not (domain and _LOCAL.fullmatch(composed) and all(map(_is_visible, composed))):
        raise ValidationError(NO_ADDRESS)
    for sign in local:  # as typed: normalization makes a K of the Kelvin sign
        if not sign.isascii() and unicodedata.normalize("NFKC", sign).isascii():
            raise ValidationError(_LOOKALIKE, params={"sign": sign})
    name = _checked_domain(domain)
    if len(composed.encode()) > _LONGEST_LOCAL or len(f"{composed}@{name}".encode()) > _LONGEST:
        raise ValidationError(_TOO_LONG)
    return EmailAddress(f"{composed}@{domain}", f"{composed.translate(_LOWER)}@{name}")


def address_key(typed: str) -> str:
    """The key of an address; raises `ValidationError` for what is none."""
    return parse(typed).key


def is_reserved(address: str) -> bool:
    """Whether the address lies in a domain that nobody can receive mail in."""
    return _RESERVED.search(address) is not None


def _checked_domain(domain: str) -> str:
    """The domain in ASCII, if it is one of the public internet: neither a host's name alone nor a number."""
    if domain.startswith("[") or "." not in domain.replace("。", "."):
        raise ValidationError(_NO_DOMAIN, params={"domain": domain})
    try:
        name = ascii_domain(domain)
    except UnicodeError as error:
        problem = NO_ADDRESS if domain.isascii() else _BAD_DOMAIN
        raise ValidationError(problem, params={"domain": domain}) from error
    if name.rpartition(".")[2].isdecimal():
        raise ValidationError(_NO_DOMAIN, params={"domain": domain})
    return name


def _is_visible(sign: str) -> bool:
    """Whether a sign is a letter, digit, mark, symbol or punctuation; a space may stand between quotes."""
    return sign == " " or unicodedata.category(sign)[0] not in "CZ"
