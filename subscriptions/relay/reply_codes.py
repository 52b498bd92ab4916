"""What each answer of a relay means for the ledger. Pure.

The line that matters is the final dot: a failure before it is safe to repeat, a silence after it is
not (RFC 1047), and nothing in between can tell the two apart later.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_ENHANCED = re.compile(r"\W*([245]\.\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_NOT_THE_READER = re.compile(r"relay|authent|policy|blocked|spam|denied", re.IGNORECASE)
_UNAUTHENTICATED = {530, 534, 535, 538}  # RFC 4954
LEAVING = 421  # the relay closes the connection (RFC 5321, 3.8)


class Verdict(StrEnum):
    """What became of one message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    answer: str = ""


class RelayUnavailable(Exception):
    """The relay takes nothing at the moment, or nothing from us: stop, and try everything later."""


class MessageRefused(RelayUnavailable):
    """The relay refuses this message, not its reader: defer it, the next may fare better.

    Several in a row are no accident of the messages: then it is the relay that takes nothing.
    """


# By enhanced status code, the more exact first; what is not in here is about us.
_PERMANENT: Mapping[str, Verdict | None] = {
    "5.1.7": None,  # the sender's address, not the reader's
    "5.1.8": None,
    "5.2.2": Verdict.DEFERRED,  # a full mailbox may be emptied
    "5.1": Verdict.REFUSED,
    "5.2": Verdict.REFUSED,
    "5.4": Verdict.REFUSED,
}


def verdict_of(code: int, answer: str) -> Verdict | None:
    """What this answer to RCPT says about the reader; None if it is no answer, or about us."""
    if 200 <= code < 300:
        return Verdict.ACCEPTED
    if 400 <= code < 500:
        return None if code == LEAVING else Verdict.DEFERRED
    if code < 500 or code in _UNAUTHENTICATED:
        return None
    if enhanced := _ENHANCED.match(answer):
        about, detail = enhanced.groups()
        return _PERMANENT.get(f"{about}.{detail}", _PERMANENT.get(about))
    named = code in {550, 551, 553} and not _NOT_THE_READER.search(answer)
    return Verdict.REFUSED if named else None


def refusal(code: int, answer: str) -> RelayUnavailable:
    """The error that a refusal is which says nothing about the reader.

    It ends the run if the relay leaves, speaks no SMTP or does not know us.
    """
    about_us = code < 400 or code == LEAVING or code in _UNAUTHENTICATED
    return (RelayUnavailable if about_us else MessageRefused)(f"the relay refuses: {code} {answer}"[:500])
