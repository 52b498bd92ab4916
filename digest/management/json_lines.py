"""What the commands over JSON Lines share: reading papers from a file, and reasons as JSON."""

import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from django.core.management.base import CommandError

from digest.lib.jsonl import PlainPaper, UnreadableLine, read_papers
from digest.matching import Reason


def papers_in(name: str) -> list[PlainPaper]:
    """The papers of a JSON Lines file, or of standard input for “-”.

    Raises CommandError, in one line, if it cannot be read or a line is no paper.
    """
    try:
        with nullcontext(sys.stdin) if name == "-" else Path(name).open(encoding="utf-8") as lines:
            return list(read_papers(lines))
    except UnreadableLine as error:
        raise CommandError(str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error


def reasons_json(reasons: Iterable[Reason]) -> list[dict[str, str | int]]:
    """Reasons as JSON objects: field, text, and where it stands in title or abstract, in characters."""
    return [
        {"field": str(reason.field), "text": reason.text, "start": reason.start, "end": reason.end}
        for reason in reasons
    ]
