"""The header fields DKIM-Signature of a message, one for each key. Pure."""

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

from subscriptions.relay.signing.canonical import body_hash, relaxed_fields
from subscriptions.relay.signing.keys import SigningKey

# Fields that readers see, and that nobody may add where a message has none.
_NEVER_TO_BE_ADDED = (b"from", b"to", b"cc", b"subject", b"reply-to")
_FOLD = b"\r\n "
_WIDTH = 72


def signatures(message: bytes, keys: Sequence[SigningKey], at: int) -> bytes:
    """The lines to put before a finished message with CRLF line ends: a signature by each of `keys`.

    It covers every header field, a further one of each name too, and the whole body. `at` is now, in seconds
    since the epoch. No line begins with a dot.
    """
    names, fields = relaxed_fields(message)
    hashed = b64encode(body_hash(message))
    return b"".join([_signature(key, names, fields, hashed, at) for key in keys])


def _signature(key: SigningKey, names: tuple[bytes, ...], fields: bytes, hashed: bytes, at: int) -> bytes:
    field, relaxed = _templates(key.opening, names)
    # The field itself, with its b= empty and no line end, is the last that is signed (RFC 6376, 3.7).
    signed = b64encode(key.sign(fields + relaxed % (at, hashed)))
    folded = _FOLD.join([signed[begin : begin + _WIDTH] for begin in range(0, len(signed), _WIDTH)])
    return b"%b%b%b\r\n" % (field % (at, hashed), _FOLD, folded)


@lru_cache(maxsize=64)  # a run has a few kinds of messages, each with the same names
def _templates(opening: str, names: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    """The field up to the value of b=, and the same relaxed, with places for time and hash."""
    parts = [opening.encode(), b"t=%d;", b"h=" + _listed(names).replace(b"%", b"%%") + b";", b"bh=%b;", b"b="]
    value = _FOLD.join(parts)
    return b"DKIM-Signature: " + value, b"dkim-signature:" + value.replace(_FOLD, b" ")


def _listed(names: tuple[bytes, ...]) -> bytes:
    """The names for h=, folded: each as often as it occurs, and once more.

    The one too many stands for nothing, and so signs that there is no further field: one that somebody adds
    breaks the signature (RFC 6376, 8.15).
    """
    lines, room = [b""], _WIDTH
    for name in (*names, *dict.fromkeys((*names, *_NEVER_TO_BE_ADDED))):
        if room < len(name):
            lines.append(b"")
            room = _WIDTH
        lines[-1] += name + b":"
        room -= len(name) + 1
    return _FOLD.join(lines).removesuffix(b":")
