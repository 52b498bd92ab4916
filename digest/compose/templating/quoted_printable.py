"""Quoted-printable bodies (RFC 2045, 6.7) out of parts that are encoded once and then only joined."""

import re
from binascii import b2a_qp

from digest.compose.templating.placeholders import PLACEHOLDER

SOFT_BREAK = b"=\r\n"
_ROOMY = 72  # a last line that leaves room for the soft break after it
_CHUNK = re.compile(rb".{1,72}(?<!=)(?<!=.)")  # never ends inside "=XX"
# b2a_qp forgets it where a blank ends a line of 75; an octet takes more room encoded. "=" is a soft break.
_TOO_LONG = re.compile(rb"^(?=[^\r\n]{77})([^\r\n]+?)(=?)(?=\r|\Z)", re.MULTILINE)
SLOT = re.compile(rb"(\x02[^\x03]+\x03)")  # what `slot` gives, in no encoded text otherwise
# A dot could end the message. Delivery into an mbox writes ">" before "From ", which breaks every signature.
_CHANGED = re.compile(rb"^(?:\.|>*From )", re.MULTILINE)
_SLOT_END = b"\x03"
_PATH_ROOM = 60  # octets that the path of a reader's link takes, with the soft breaks around it


def body(text: str, part: str) -> bytes:
    """The template of a body: `text`, encoded, with a `slot` of `part` for each of a reader's links.

    Lines have at most 76 octets, end in CRLF, and none begins with a dot or "From ", which servers change.
    Each slot stands between soft line breaks, so that any `value` may go there. Each line is encoded as if it
    were alone: whole lines may be encoded apart, and joined.
    """
    fixed, *rest = PLACEHOLDER.split(text)
    template = [_encoded(fixed)]
    for name, following in zip(rest[::2], rest[1::2], strict=True):
        template += (SOFT_BREAK, slot(part, name), SOFT_BREAK, _encoded(following))
    return b"".join(template)


def size_of(encoded: bytes, site_url: str) -> int:
    """About how many octets a `body` takes with a reader's links into the site; rather too many."""
    link = len(site_url) * 11 // 10 + _PATH_ROOM  # long ones are broken, too
    return len(encoded) + encoded.count(_SLOT_END) * link


def slot(part: str, name: str) -> bytes:
    """Where in an encoded template a value goes: control characters, of which no encoded text has any."""
    return f"\x02{part} {name}\x03".encode("ascii")


def value(text: str) -> bytes:
    """A printable ASCII value, encoded; a link of common length stays on one line."""
    return _broken(_unchanging(text.encode("ascii").replace(b"=", b"=3D")))


def _encoded(text: str) -> bytes:
    """Fixed text, encoded, as it stands in a template."""
    encoded = _unchanging(b2a_qp(text.encode()).replace(b"\n", b"\r\n"))
    encoded = _TOO_LONG.sub(lambda line: _broken(line[1]) + line[2], encoded)
    last_line = encoded.rfind(b"\n") + 1
    return encoded[:last_line] + _broken(encoded[last_line:])


def _unchanging(encoded: bytes) -> bytes:
    """Encoded text of which no line begins as one that servers change: its first octet is encoded, too."""
    return _CHANGED.sub(lambda opening: b"=%02X" % opening[0][0] + opening[0][1:], encoded)


def _broken(line: bytes) -> bytes:
    """One encoded line as several that leave room for a soft break."""
    return line if len(line) <= _ROOMY else _unchanging(SOFT_BREAK.join(_CHUNK.findall(line)))
