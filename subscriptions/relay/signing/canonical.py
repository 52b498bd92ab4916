"""What of a message is hashed: its header fields made “relaxed”, its body “simple” (RFC 6376, 3.4). Pure.

Relaxed, since relays fold headers anew. A body in quoted-printable is left alone by all of them, and a simple
one is hashed where it lies.
"""

import re
from functools import lru_cache
from hashlib import sha256

_END_OF_HEADER = b"\r\n\r\n"
_SPACES = re.compile(rb"[ \t]+")


def relaxed_fields(message: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """The names of a message's header fields, and the fields relaxed, both from the last to the first.

    Where several have one name, a signature counts from the last (RFC 6376, 5.4.2). Lines end with CRLF.
    """
    header = message[: _header_length(message)]
    unfolded = header.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    names, fields = zip(*map(_relaxed, reversed(unfolded.split(b"\r\n"))), strict=True)
    return names, b"".join(fields)


@lru_cache(maxsize=128)  # most fields of a mail are those of the mail before
def _relaxed(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    name = name.strip(b" \t").lower()
    return name, b"%b:%b\r\n" % (name, _SPACES.sub(b" ", value).strip(b" "))


def _header_length(message: bytes) -> int:
    """Octets before the line end of the last header field."""
    end = message.find(_END_OF_HEADER)
    return len(message.rstrip(b"\r\n")) if end < 0 else end


def body_hash(message: bytes) -> bytes:
    """SHA-256 of the body, without the empty lines at its end."""
    begin = min(_header_length(message) + len(_END_OF_HEADER), len(message))
    end = len(message)
    while end - 2 >= begin and message[end - 2 : end] == b"\r\n":
        end -= 2
    digest = sha256(memoryview(message)[begin:end])
    digest.update(b"\r\n")
    return digest.digest()
