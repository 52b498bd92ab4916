"""Header lines as bytes: ASCII, CRLF, no line that a value from outside could begin."""

import re
from email.header import Header
from functools import lru_cache

from digest.lib.domain_names import ascii_domain
from digest.lib.safe_text import folded, shortened

_ADDRESS = re.compile(
    r"(?:[^\s<>()\[\]\\,;:@\"\x00-\x1f\x7f]+|\"[\w !#$%&'*+./=?^`{|}~-]+\")@[A-Za-z0-9.\[\]:-]+"
)
_PHRASE = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]*", re.ASCII)
_LONGEST = 300
_WIDTH = 78


class UnusableAddress(ValueError):
    """An address that no message can be sent to: not of the form name@domain, or not in ASCII."""


def line(name: str, value: str) -> bytes:
    """A header line whose value is ASCII and never folded; other characters are dropped."""
    return f"{name}: {folded(value)}\r\n".encode("ascii", "ignore")


@lru_cache(maxsize=1024)  # encoding takes longer than all the rest of a message
def text_line(name: str, value: str) -> bytes:
    """A header line of free text (RFC 5322, 3.2.5): folded, and encoded after RFC 2047 where it must be."""
    return f"{name}: {_encoded(shortened(value, _LONGEST), name)}\r\n".encode("ascii")


def mailbox_line(name: str, mailbox: str) -> bytes:
    """A header line of one mailbox, "Name <address>" or a bare address.

    Raises `UnusableAddress` if there is no usable address in it.
    """
    phrase, bracket, rest = folded(mailbox).rpartition("<")
    address = checked_address(rest.removesuffix(">").strip() if bracket else rest)
    phrase = phrase.strip().strip('"').strip()
    if not phrase:
        return f"{name}: {address}\r\n".encode("ascii")
    shown = _quoted(phrase) if phrase.isascii() and "=?" not in phrase else _encoded(phrase, name)
    space = " " if len(f"{name}: {shown} <{address}>") <= _WIDTH else "\r\n "
    return f"{name}: {shown}{space}<{address}>\r\n".encode("ascii")


def list_id_line(name: str, list_id: str) -> bytes:
    """The List-Id (RFC 2919), after `name` if that is ASCII: where it is not, programs lose the id, too."""
    phrase = folded(name)
    plain = phrase.isascii() and "=?" not in phrase
    return line("List-Id", f"{_quoted(phrase)} <{list_id}>" if phrase and plain else f"<{list_id}>")


def _quoted(phrase: str) -> str:
    """An ASCII phrase, in quotation marks where it must be."""
    if _PHRASE.fullmatch(phrase):
        return phrase
    return '"' + phrase.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(text: str, name: str) -> str:
    """`text` as the value of header `name`: as it is if that reads back the same, else in encoded words."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, header_name=name).encode(linesep="\r\n")


def checked_address(address: str) -> str:
    """`address`, if it is one and cannot become a second address or header.

    An international domain is written in ASCII; a local part that is not ASCII would need SMTPUTF8,
    which few servers offer. Raises `UnusableAddress`.
    """
    local, at, domain = address.rpartition("@")
    try:
        address = f"{local}{at}{domain if domain.isascii() else ascii_domain(domain)}"
    except UnicodeError as error:
        raise UnusableAddress(address) from error
    if len(address) > 320 or not address.isascii() or not _ADDRESS.fullmatch(address):
        raise UnusableAddress(address)
    return address
