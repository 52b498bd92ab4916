"""Quoted-printable bodies (RFC 2045, 6.7) out of parts that are encoded once and then only joined."""

import re
from binascii import b2a_qp
from functools import lru_cache

from digest.compose.templating.placeholders import FRAGMENT_EDGE, PLACEHOLDER

SOFT_BREAK = b"=\r\n"
_ROOMY = 72  # a last line that leaves room for the soft break after it
_CHUNK = re.compile(rb".{1,72}(?<!=)(?<!=.)")  # never ends inside "=XX"
# b2a_qp forgets it where a blank ends a line of 75; an octet takes more room encoded. "=" is a soft break.
_TOO_LONG = re.compile(rb"^(?=[^\r\n]{77})([^\r\n]+?)(=?)(?=\r|\Z)", re.MULTILINE)
SLOT = re.compile(rb"(\x02[^\x03]+\x03)")  # what `slot` gives, in no encoded text otherwise
# A dot could end the message. Delivery into an mbox writes ">" before "From ", which breaks every signature.
_CHANGED = re.compile(rb"^(?:\.|>*From )", re.MULTILINE)
_PATH_ROOM = 60  # octets that the path of a reader's link takes, with the soft breaks around it


def body(text: str, part: str) -> bytes:
    """The template of a body: `text`, encoded, with a `slot` of `part` for each of a reader's links.

    Lines have at most 76 octets, end in CRLF, and none begins with a dot or "From ", which servers change.
    Each slot stands between soft line breaks, so that any `value` may go there.
    """
    fragments = [_template(fragment, part) for fragment in text.split(FRAGMENT_EDGE)]
    return b"".join(_ended(fragment) for fragment in fragments[:-1]) + fragments[-1]


def body_size(text: str, part: str, site_url: str) -> int:
    """About how many octets `text` takes, encoded, with a reader's links into the site; rather too many."""
    link = len(site_url) * 11 // 10 + _PATH_ROOM  # long ones are broken, too
    return len(body(text, part)) + len(PLACEHOLDER.findall(text)) * link


def slot(part: str, name: str) -> bytes:
    """Where in an encoded template a value goes: control characters, of which no encoded text has any."""
    return f"\x02{part} {name}\x03".encode("ascii")


def value(text: str) -> bytes:
    """A printable ASCII value, encoded; a link of common length stays on one line."""
    return _broken(_unchanging(text.encode("ascii").replace(b"=", b"=3D")))


# A day's papers with the highlights of the queries that kept them, in text and HTML: a few KB each.
@lru_cache(maxsize=8192)
def _template(text: str, part: str) -> bytes:
    """The template of one fragment, or of what stands between two."""
    fixed, *rest = PLACEHOLDER.split(text)
    template = _encoded(fixed)
    for name, following in zip(rest[::2], rest[1::2], strict=True):
        template += SOFT_BREAK + slot(part, name) + SOFT_BREAK + _encoded(following)
    return template


def _ended(fragment: bytes) -> bytes:
    """A fragment after which another can begin."""
    return fragment if not fragment or fragment.endswith(b"\r\n") else fragment + SOFT_BREAK


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
