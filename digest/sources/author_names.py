"""The names in lines of authors, of which one may hold them all."""

import re
from collections.abc import Sequence

_IN_BRACKETS = re.compile(r" ?\([^()]{0,500}\)")
_MAIL_AND_NAME = re.compile(r"[^\s@()]+@[^\s@()]+ ?\(([^()]{1,200})\)")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}|[A-Z]{2,3}")
_AND = re.compile(r" ?(?:, ?)?(?:\band\b|&) ", re.IGNORECASE)
_LONGEST = 100_000
MOST = 1_000


def names_in(lines: Sequence[str]) -> list[str] | None:
    """The names in the lines, each apart; None where nobody can tell where one ends.

    Names are told apart by ";", or by commas: "Ada Quill, Bo Tern", "Quill, A., Tern, B.". A single one
    may be "Quill, Ada". What stands in brackets (where somebody works) may have commas of its own, and goes.
    """
    lines = [" ".join(line[:_LONGEST].split()) for line in lines[:MOST]]
    if len(lines) != 1:
        names = [_name(line) for line in lines]
        return [name for name in names if name]
    if mail := _MAIL_AND_NAME.fullmatch(lines[0]):
        return [mail[1].strip()]
    line = _AND.sub(", ", _without_brackets(lines[0])).strip(" ,;")
    if not line or _MAIL.fullmatch(line):
        return []
    parts = [part.strip() for part in line.split(";" if ";" in line else ",")]
    parts = [part for part in parts if part][:MOST]
    if ";" in line or len(parts) == 1:
        return parts
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) % 2 == 0 and all(_INITIALS.fullmatch(second) for _, second in pairs):
        return [f"{first}, {second}" for first, second in pairs]
    if len(parts) == 2 and " " not in parts[0]:
        return [f"{parts[0]}, {parts[1]}"]
    return parts if all(" " in part or "." in part for part in parts) else None


def _name(line: str) -> str:
    """The name in a line of its own, which may begin with a mail address."""
    mail = _MAIL_AND_NAME.fullmatch(line)
    name = mail[1] if mail else _without_brackets(line)
    return "" if _MAIL.fullmatch(name.strip()) else name.strip(" ,;")


def _without_brackets(line: str) -> str:
    """The line without what stands in round brackets, also in two deep."""
    for _ in range(2):
        line = _IN_BRACKETS.sub("", line)
    return line
