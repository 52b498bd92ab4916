"""The text of files that other programs wrote, in whatever letters."""

from digest.sources.errors import SourceChanged

_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def decode_export(raw: bytes, expected: str) -> str:
    """The text, by its mark, else UTF-8, else Windows' Western European; SourceChanged if it is none."""
    text = decoded(raw)
    if "\0" in text:
        raise SourceChanged(f"Expected {expected}, found binary data.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded(raw: bytes) -> str:
    """The text as far as it is any."""
    if encoding := _MARKS.get(raw[:2]):
        return raw[2:].decode(encoding, "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
