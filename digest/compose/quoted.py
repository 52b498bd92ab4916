"""Quoted-printable bodies (RFC 2045, 6.7) out of parts that are encoded once and then only joined."""

import re
from binascii import b2a_qp
from functools import lru_cache

from digest.compose.places import SEAM, STAND_IN

SOFT_BREAK = b"=\r\n"
_ROOMY = 72  # a last line that leaves room for the soft break after it
_CHUNK = re.compile(rb".{1,72}(?<!=)(?<!=.)")  # never ends inside "=XX"
_TOO_LONG = re.compile(rb"^[^\r\n]{77,}", re.MULTILINE)  # b2a_qp forgets it where a blank ends a line of 75
_PATH_ROOM = 60  # octets that the path of a reader's link takes, with the soft breaks around it


def body(text: str, part: str) -> bytes:
    """The template of a body: `body(…) % values` is `text`, encoded, with a reader's links in their places.

    `values` has `value(link)` under b"PART NAME" for each name. Lines have at most 76 octets and end in
    CRLF. Each place stands between soft line breaks, so that any value may go there.
    """
    stretches = [_template(stretch, part) for stretch in text.split(SEAM)]
    return b"".join(_ended(stretch) for stretch in stretches[:-1]) + stretches[-1]


def body_size(text: str, part: str, site_url: str) -> int:
    """About how many octets `text` takes, encoded, with a reader's links into the site; rather too many."""
    link = len(site_url) * 11 // 10 + _PATH_ROOM  # long ones are broken, too
    return len(body(text, part)) + len(STAND_IN.findall(text)) * link


def value(text: str) -> bytes:
    """A printable ASCII value, encoded; a link of common length stays on one line."""
    return _broken(text.encode("ascii").replace(b"=", b"=3D"))


# A day's papers with the marks of the queries that kept them, in text and HTML: a few KB each.
@lru_cache(maxsize=8192)
def _template(text: str, part: str) -> bytes:
    """The template of one stretch."""
    fixed, *rest = STAND_IN.split(text)
    template = _encoded(fixed)
    for name, following in zip(rest[::2], rest[1::2], strict=True):
        place = f"%({part} {name})b".encode("ascii")
        template += SOFT_BREAK + place + SOFT_BREAK + _encoded(following)
    return template


def _ended(stretch: bytes) -> bytes:
    """A stretch after which another can begin."""
    return stretch if not stretch or stretch.endswith(b"\r\n") else stretch + SOFT_BREAK


def _encoded(text: str) -> bytes:
    """Fixed text, encoded, as it stands in a template."""
    encoded = b2a_qp(text.encode()).replace(b"\n", b"\r\n")
    encoded = _TOO_LONG.sub(lambda line: _broken(line[0]), encoded)
    last_line = encoded.rfind(b"\n") + 1
    return (encoded[:last_line] + _broken(encoded[last_line:])).replace(b"%", b"%%")


def _broken(line: bytes) -> bytes:
    """One encoded line as several that leave room for a soft break."""
    return line if len(line) <= _ROOMY else SOFT_BREAK.join(_CHUNK.findall(line))
