"""The bytes of an answer as text."""

from digest.sources.errors import SourceChanged

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n\v\f"


def decode(raw: bytes, expected: str) -> str:
    """`raw` as text; SourceChanged, naming what was `expected`, if it is none."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceChanged(f"Expected {expected}, found bytes that are not UTF-8 text.") from error
    if "\0" in text:
        raise SourceChanged(f"Expected {expected}, found binary data.")
    return text


def begins_with(raw: bytes, *beginnings: bytes) -> bool:
    """Whether `raw` begins with one of these, after a byte order mark and blanks."""
    return raw.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK).startswith(beginnings)
