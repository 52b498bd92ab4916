"""What the commands over JSON Lines share: opening a file, and reasons as JSON."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from django.core.management.base import CommandError

from digest.matching import Reason


@contextmanager
def opened(name: str) -> Iterator[TextIO]:
    """The lines of a file, or of standard input for “-”."""
    if name == "-":
        yield sys.stdin
        return
    try:
        with Path(name).open(encoding="utf-8") as lines:
            yield lines
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error


def reasons_json(reasons: Iterable[Reason]) -> list[dict[str, str | int]]:
    """Reasons as JSON objects: field, text, and where it stands in title or abstract, in characters."""
    return [
        {"field": str(reason.field), "text": reason.text, "start": reason.start, "end": reason.end}
        for reason in reasons
    ]
