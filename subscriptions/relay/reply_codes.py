"""What each reply of a relay means for a delivery. Pure.

End of data (CRLF.CRLF) is the commit point: a failure before it is safe to retry. After it, no reply may mean
accepted or lost (RFC 1047), so the mail is in doubt and never sent again.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from subscriptions.relay.causes import Cause, cause_of
from subscriptions.relay.smtp.reply_parser import Reply

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
    """What became of one message, in the relay's words; if it refused the recipient for good, the `cause`.

    Some say for how long nothing is to be tried, `retry_after`, or by what id they know the mail.
    """

    verdict: Verdict
    answer: str = ""
    cause: Cause | None = None
    retry_after: timedelta | None = None
    provider_id: str = ""


class RelayUnavailable(Exception):
    """The relay accepts nothing at the moment, or nothing from us: stop, and try everything later."""


class MessageRefused(RelayUnavailable):
    """The relay rejects what it may reject of any message: defer this one, the next may be accepted.

    If it rejects several in a row, it is taken to accept nothing.
    """


class DomainDeferred(RelayUnavailable):
    """The recipient's domain wants less mail: that of others is as welcome as before."""


class DomainSuspected(RelayUnavailable):
    """The relay accepts nothing at the moment, or nothing for this recipient's domain."""


class Unsuitable(Exception):
    """A message that cannot go to this relay, which says nothing of others."""


def recipient_outcome(reply: Reply, text: str) -> Outcome | None:
    """What this reply to RCPT TO means for the recipient; None if it is about us, or unexpected."""
    if reply.positive:
        return Outcome(Verdict.ACCEPTED)
    if _about_us(reply):
        return None
    if reply.code < 500:
        return Outcome(Verdict.DEFERRED, text)
    cause = cause_of(reply.code, reply.text)
    ended = cause in {Cause.DEAD, Cause.UNKNOWN}
    return Outcome(Verdict.REFUSED if ended else Verdict.DEFERRED, text, cause)


def about_the_session(command: str, reply: Reply) -> bool:
    """Whether a negative reply may be due to a limit of the session, or to what it went through before.

    Not if it names the recipient's mailbox (4.1.x, 4.2.x), or the size of the message.
    """
    if reply.code == 503:  # bad sequence of commands
        return True
    if command == "RCPT TO" and reply.code >= 500:
        return False
    return not reply.text.lstrip("#").startswith(("4.1.", "4.2.")) and not about_the_message(reply)


def about_the_message(reply: Reply) -> bool:
    """Whether the relay refuses this message and no other, mostly for its size: Courier says 534 for that."""
    return reply.code >= 500 and cause_of(reply.code, reply.text) == Cause.MESSAGE


def rejected(command: str, reply: Reply) -> str:
    """What an operator reads about a reply that stopped us: the command, and the relay's own words."""
    return f"{command} rejected: {reply}" if reply.code >= 400 else f"unexpected reply to {command}: {reply}"


def message_outcome(command: str, reply: Reply) -> tuple[Outcome, RelayUnavailable | None]:
    """What a negative reply to MAIL FROM, DATA or end of data means: the message waits.

    Others do, too, if the relay closes the session, wants authentication or breaks protocol.
    """
    text = rejected(command, reply)[:500]
    if about_the_message(reply):
        return Outcome(Verdict.DEFERRED, text), None
    return Outcome(Verdict.DEFERRED, text), (RelayUnavailable if _about_us(reply) else MessageRefused)(text)


def _about_us(reply: Reply) -> bool:
    """Whether the relay closes the session, wants authentication or breaks protocol."""
    unauthenticated = reply.code in _UNAUTHENTICATED and not about_the_message(reply)
    return reply.code < 400 or reply.code == CLOSING or unauthenticated
