"""What kind of picture some octets are, and how large: enough to show a logo, without decoding it."""

import struct
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_FRAMES = frozenset(
    {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
)  # the markers that state a size (ITU T.81, B.1)


class NoPicture(ValueError):
    """Neither a PNG nor a JPEG, or one that breaks off before it says how large it is."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`subtype` is that of image/…; width and height in pixels."""

    subtype: str
    width: int
    height: int


def picture(octets: bytes) -> Picture:
    """What the octets say they are. Raises `NoPicture`; SVG, which can carry scripts, is none."""
    try:
        if octets.startswith(_PNG) and octets[12:16] == b"IHDR":
            found = Picture("png", *struct.unpack_from(">II", octets, 16))
        elif octets.startswith(_JPEG):
            found = _jpeg(octets)
        else:
            raise NoPicture("neither a PNG nor a JPEG")
    except (struct.error, IndexError) as error:
        raise NoPicture("the file breaks off") from error
    if not found.width or not found.height:
        raise NoPicture("it has no size")
    return found


def _jpeg(octets: bytes) -> Picture:
    """Walks from segment to segment until one states the size of the frame."""
    at = 2
    while octets[at] == 0xFF:
        marker, length = octets[at + 1], struct.unpack_from(">H", octets, at + 2)[0]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", octets, at + 5)
            return Picture("jpeg", width, height)
        at += 2 + length
    raise NoPicture("a JPEG without a frame")
