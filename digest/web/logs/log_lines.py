"""Lines of the log: each names the request it is about, and none lets a reader of logs act as a reader.

Imported by the logging configuration, before Django's models are there.
"""

import logging
import re
from contextvars import ContextVar

request_number: ContextVar[str] = ContextVar("request_number", default="-")

_TOKEN = re.compile(r"\b[0-9a-z]+(?:-[0-9a-z]+)?-[A-Za-z0-9_-]{16}(?![A-Za-z0-9_-])")
_NOT_IN_ADDRESS = r"\s<>\"'“”(),;:/=&"
# Looked for from the beginning of a word alone: else a header of 90 kB without “@” takes minutes.
_ADDRESS = re.compile(rf"(?<![^{_NOT_IN_ADDRESS}])[^{_NOT_IN_ADDRESS}]+(?:@|%40)[^{_NOT_IN_ADDRESS}]+")
_HIDDEN = "…"


class MaskingFormatter(logging.Formatter):
    """Lines with the number of the request; signed links and mail addresses in them are hidden."""

    def format(self, record: logging.LogRecord) -> str:
        record.number = request_number.get()
        return masked(super().format(record))


def masked(text: str) -> str:
    """`text` without the secrets of signed links and without mail addresses."""
    return _ADDRESS.sub(f"{_HIDDEN}@{_HIDDEN}", _TOKEN.sub(_HIDDEN, text))
