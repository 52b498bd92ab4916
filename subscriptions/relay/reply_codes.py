"""What each reply of a relay means for a delivery. Pure.

End of data (CRLF.CRLF) is the commit point: a failure before it is safe to retry. After it, no reply may mean
accepted or lost (RFC 1047), so the mail is in doubt and never sent again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from subscriptions.relay.reply_parser import Reply

_ENHANCED = re.compile(r"\W*([245]\.\d{1,3})\.(\d{1,3})\b")  # RFC 3463
_NOT_THE_READER = re.compile(r"relay|authent|policy|blocked|spam|denied", re.IGNORECASE)
_UNAUTHENTICATED = {530, 534, 535, 538}  # RFC 4954
CLOSING = 421  # “service not available, closing transmission channel” (RFC 5321, 3.8)


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
    """The relay accepts nothing at the moment, or nothing from us: stop, and try everything later."""


class MessageRefused(RelayUnavailable):
    """The relay rejects this message, not its recipient: defer it, the next may be accepted.

    If it rejects several in a row, it is taken to accept nothing.
    """


# By enhanced status code, the more exact first; any other is about us.
_PERMANENT: Mapping[str, Verdict | None] = {
    "5.1.7": None,  # the sender's address, not the reader's
    "5.1.8": None,
    "5.2.2": Verdict.DEFERRED,  # a full mailbox may be emptied
    "5.1": Verdict.REFUSED,
    "5.2": Verdict.REFUSED,
    "5.4": Verdict.REFUSED,
}


def verdict_of(code: int, text: str) -> Verdict | None:
    """What this reply to RCPT TO says about the recipient; None if it is about us, or unexpected."""
    if 200 <= code < 300:
        return Verdict.ACCEPTED
    if 400 <= code < 500:
        return None if code == CLOSING else Verdict.DEFERRED
    if code < 500 or code in _UNAUTHENTICATED:
        return None
    if enhanced := _ENHANCED.match(text):
        subject, detail = enhanced.groups()
        return _PERMANENT.get(f"{subject}.{detail}", _PERMANENT.get(subject))
    mailbox = code in {550, 551, 553} and not _NOT_THE_READER.search(text)
    return Verdict.REFUSED if mailbox else None


def rejected(command: str, reply: Reply) -> str:
    """What an operator reads about a reply that stopped us: the command, and the relay's own words."""
    return f"{command} rejected: {reply}" if reply.code >= 400 else f"unexpected reply to {command}: {reply}"


def rejection(command: str, reply: Reply) -> RelayUnavailable:
    """The error for a rejection that says nothing about the recipient.

    It is about us, not the message, if the relay closes the session, wants authentication or breaks protocol.
    """
    about_us = reply.code < 400 or reply.code == CLOSING or reply.code in _UNAUTHENTICATED
    return (RelayUnavailable if about_us else MessageRefused)(rejected(command, reply)[:500])
