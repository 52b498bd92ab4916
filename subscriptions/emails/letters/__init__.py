"""Every letter there is, one file each; CONTRIBUTING.md says how to add one."""

from collections.abc import Mapping
from typing import Any

from subscriptions.emails.letters import alarm, confirm, digest, fresh_links, goodbye, known, moved, welcome
from subscriptions.emails.letters.letter_type import LetterType

LETTERS: tuple[LetterType[Any], ...] = (
    confirm.LETTER,
    known.LETTER,
    welcome.LETTER,
    fresh_links.EXPORT,
    fresh_links.ERASE,
    fresh_links.MOVE,
    fresh_links.SAVED,
    fresh_links.ADDRESS,
    moved.LETTER,
    goodbye.LETTER,
    digest.LETTER,
    alarm.LETTER,
)
LETTER_OF: Mapping[str, LetterType[Any]] = {letter.name: letter for letter in LETTERS}
