"""The characters a letter may carry: scraped text loses what breaks headers, mails or lines of text."""

import re

# White space in disguise: line and page breaks, and the separators that split header lines.
_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# Other controls, bidirectional overrides (they reverse what follows them), lone surrogates (no UTF-8).
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


class Ready(str):
    """Text of our own making that prints with its line ends and controls; in HTML it is escaped as any."""

    __slots__ = ()


def printable(text: str) -> str:
    """`text` on one line, without controls. Joiners stay: emoji and several scripts need them."""
    if text.isprintable():  # ten times as fast as a search, and never true where one finds something
        return text
    if _UNPRINTABLE.search(text) or _BREAKS.search(text):
        return _UNPRINTABLE.sub("", _BREAKS.sub(" ", text))
    return text


def folded(text: str) -> str:
    """`printable` text with single spaces between its words and none around them."""
    return " ".join(printable(text).split())


def shortened(text: str, limit: int) -> str:
    """`folded` text of at most `limit` characters, cut between words where possible."""
    text = folded(text)
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word_end = head.rfind(" ")
    return (head[:word_end] if word_end > limit // 2 else head).rstrip(" ,;:") + "…"
